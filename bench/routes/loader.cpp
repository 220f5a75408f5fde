// Makes or takes back the synthetic Internet table of bench/lpm in a table of the kernel, many
// routes per system call, and prints {"routes", "seconds"}. Run it in the network namespace of the
// node.
//   loader add|del 4|6 COUNT TABLE IFNAME FIRST_HOP HOPS
// The next hops are HOPS addresses from FIRST_HOP on, in turns.
#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "../lib/process.hpp"
#include "../lpm/table.h"

namespace {

constexpr std::size_t kPerCall = 64;
constexpr std::size_t kAnswerBytes = 65536;

struct Task {
  bool add;
  bool ip6;
  uint32_t count;
  uint32_t table;
  uint32_t ifindex;
  std::array<uint8_t, 16> hop;
  uint32_t hops;
};

/** rtnetlink(7) requests, sent together; the last one is acknowledged. */
class Requests {
 public:
  Requests() : fd_(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)) {
    if (fd_ < 0) traffic::fail("open a netlink socket", errno);
  }

  void begin(uint16_t type, uint16_t flags, const rtmsg& message) {
    start_ = bytes_.size();
    const nlmsghdr header{0, type, static_cast<uint16_t>(NLM_F_REQUEST | flags), ++sequence_, 0};
    append(&header, sizeof header);
    append(&message, sizeof message);
  }

  void attribute(uint16_t type, const void* data, std::size_t length) {
    const rtattr header{static_cast<uint16_t>(RTA_LENGTH(length)), type};
    append(&header, sizeof header);
    append(data, length);
    bytes_.resize(NLMSG_ALIGN(bytes_.size()));
  }

  void end() {
    header()->nlmsg_len = static_cast<uint32_t>(bytes_.size() - start_);
    if (++waiting_ == kPerCall) flush();
  }

  /** Sends what waits. @throws std::runtime_error for the first request that the kernel refuses */
  void flush() {
    if (waiting_ == 0) return;
    header()->nlmsg_flags |= NLM_F_ACK;
    if (send(fd_, bytes_.data(), bytes_.size(), 0) < 0) traffic::fail("send requests", errno);
    await(sequence_);
    bytes_.clear();
    waiting_ = 0;
  }

 private:
  nlmsghdr* header() { return reinterpret_cast<nlmsghdr*>(bytes_.data() + start_); }

  void append(const void* data, std::size_t length) {
    const auto* from = static_cast<const uint8_t*>(data);
    bytes_.insert(bytes_.end(), from, from + length);
  }

  void await(uint32_t last) {
    for (uint32_t seen = 0; seen != last;) {
      const ssize_t got = recv(fd_, answer_.data(), answer_.size(), 0);
      if (got < 0) traffic::fail("receive answers", errno);
      auto left = static_cast<uint32_t>(got);
      const auto* message = reinterpret_cast<const nlmsghdr*>(answer_.data());
      for (; NLMSG_OK(message, left); message = NLMSG_NEXT(message, left)) {
        if (message->nlmsg_type != NLMSG_ERROR) continue;
        const auto* error = static_cast<const nlmsgerr*>(NLMSG_DATA(message));
        if (error->error != 0) traffic::fail("change a route", -error->error);
        seen = message->nlmsg_seq;
      }
    }
  }

  int fd_;
  uint32_t sequence_ = 0;
  std::size_t start_ = 0;
  std::size_t waiting_ = 0;
  std::vector<uint8_t> bytes_;
  alignas(nlmsghdr) std::array<uint8_t, kAnswerBytes> answer_{};
};

void change(Requests& requests, const Task& task, const table_prefix& prefix, uint32_t at) {
  const std::size_t length = task.ip6 ? 16 : 4;
  std::array<uint8_t, 16> destination{};
  table_address(&prefix, destination.data());
  std::array<uint8_t, 16> hop = task.hop;
  hop[length - 1] = static_cast<uint8_t>(hop[length - 1] + at % task.hops);
  rtmsg message{};
  message.rtm_family = task.ip6 ? AF_INET6 : AF_INET;
  message.rtm_dst_len = static_cast<uint8_t>(prefix.length);
  message.rtm_protocol = RTPROT_STATIC;
  message.rtm_scope = task.add ? RT_SCOPE_UNIVERSE : RT_SCOPE_NOWHERE;
  message.rtm_type = task.add ? RTN_UNICAST : RTN_UNSPEC;
  const uint16_t flags = task.add ? NLM_F_CREATE | NLM_F_EXCL : 0;
  requests.begin(task.add ? RTM_NEWROUTE : RTM_DELROUTE, flags, message);
  requests.attribute(RTA_DST, destination.data(), length);
  requests.attribute(RTA_GATEWAY, hop.data(), length);
  requests.attribute(RTA_OIF, &task.ifindex, sizeof task.ifindex);
  requests.attribute(RTA_TABLE, &task.table, sizeof task.table);
  requests.end();
}

/** RFC 3927: the mirror leaves these out, as it should. */
bool is_link_local(const table_prefix& prefix, bool ip6) {
  return !ip6 && prefix.high >> 48 == 0xa9fe;
}

Task parse(char** argv) {
  Task task{};
  task.add = std::string(argv[1]) == "add";
  task.ip6 = std::string(argv[2]) == "6";
  task.count = static_cast<uint32_t>(std::atoi(argv[3]));
  task.table = static_cast<uint32_t>(std::atoi(argv[4]));
  task.ifindex = if_nametoindex(argv[5]);
  if (task.ifindex == 0) traffic::fail(argv[5], errno);
  if (inet_pton(task.ip6 ? AF_INET6 : AF_INET, argv[6], task.hop.data()) != 1)
    throw std::invalid_argument(argv[6]);
  task.hops = static_cast<uint32_t>(std::atoi(argv[7]));
  return task;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 8)
    throw std::invalid_argument("usage: loader add|del 4|6 COUNT TABLE IFNAME FIRST_HOP HOPS");
  traffic::die_with_parent();
  const Task task = parse(argv);
  const table all = table_make(task.count, task.ip6);
  Requests requests;
  uint32_t routes = 0;
  const double started = traffic::now_seconds();
  for (uint32_t i = 0; i < all.count; ++i) {
    if (is_link_local(all.routes[i], task.ip6)) continue;
    change(requests, task, all.routes[i], routes++);
  }
  requests.flush();
  std::printf("{\"routes\": %u, \"seconds\": %.6f}\n", routes, traffic::now_seconds() - started);
  std::free(all.routes);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "loader: %s\n", error.what());
  return 1;
}
