#include "link/path_probe.hpp"

#include <arpa/inet.h>
#include <linux/errqueue.h>
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <stdexcept>

#include "engine/errors.hpp"
#include "engine/unique_fd.hpp"
#include "link/path_probe_packet.hpp"

namespace millrace {

namespace {

using Clock = std::chrono::steady_clock;

struct Endpoint {
  sockaddr_storage storage{};
  socklen_t length = 0;

  const sockaddr* address() const { return reinterpret_cast<const sockaddr*>(&storage); }
  bool ip6() const { return storage.ss_family == AF_INET6; }
};

Endpoint parse(const std::string& text, const char* key) {
  Endpoint endpoint;
  auto* ip4 = reinterpret_cast<sockaddr_in*>(&endpoint.storage);
  auto* ip6 = reinterpret_cast<sockaddr_in6*>(&endpoint.storage);
  if (::inet_pton(AF_INET, text.c_str(), &ip4->sin_addr) == 1) {
    ip4->sin_family = AF_INET;
    endpoint.length = sizeof(*ip4);
  } else if (::inet_pton(AF_INET6, text.c_str(), &ip6->sin6_addr) == 1) {
    ip6->sin6_family = AF_INET6;
    endpoint.length = sizeof(*ip6);
  } else {
    throw std::invalid_argument(std::string("path probe: ") + key + " " + text +
                                ": accepted: an IPv4 or IPv6 address");
  }
  return endpoint;
}

// No way to the destination for now: for the one who asks the same as silence.
bool is_unreachable(int error) {
  return error == ENETUNREACH || error == EHOSTUNREACH || error == ENETDOWN || error == ENOBUFS;
}

class Probe {
 public:
  explicit Probe(const PathProbeRequest& request)
      : request_(request),
        source_(parse(request.source, "source")),
        destination_(parse(request.destination, "destination")),
        mark_(EchoMark::make()) {
    if (source_.ip6() != destination_.ip6())
      throw std::invalid_argument(name() + ": accepted: two addresses of one family");
    if (request.bytes < kLeastProbeBytes || request.bytes > kMostProbeBytes)
      throw std::invalid_argument(name() + ": bytes " + std::to_string(request.bytes) +
                                  ": accepted: " + std::to_string(kLeastProbeBytes) + " to " +
                                  std::to_string(kMostProbeBytes));
    open();
  }

  PathProbe run() {
    const auto deadline = Clock::now() + request_.timeout;
    if (!connect() || !send()) return answer_.value_or(PathProbe{});
    while (!answer_ && wait(deadline)) {
      read_errors();
      read_replies();
    }
    return answer_.value_or(PathProbe{});
  }

 private:
  bool ip6() const { return source_.ip6(); }
  std::string name() const {
    return "path probe from " + request_.source + " to " + request_.destination;
  }
  void set(int level, int option, int value) {
    if (::setsockopt(fd_.get(), level, option, &value, sizeof(value)) != 0)
      throw_errno(name() + ": set option " + std::to_string(option));
  }

  void open() {
    fd_.reset(::socket(ip6() ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
                       ip6() ? static_cast<int>(IPPROTO_ICMPV6) : static_cast<int>(IPPROTO_ICMP)));
    if (!fd_) throw_errno(name() + ": open a raw socket");
    ip6() ? prepare6() : prepare4();
    if (::bind(fd_.get(), source_.address(), source_.length) != 0)
      throw_errno(name() + ": bind to the source");
  }
  // PROBE rather than DO: the path MTU that the kernel has learned must not refuse what we ask.
  void prepare4() {
    set(IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
    set(IPPROTO_IP, IP_RECVERR, 1);
    set(SOL_RAW, ICMP_FILTER, ~(1 << ICMP_ECHOREPLY));
  }
  void prepare6() {
    set(IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
    set(IPPROTO_IPV6, IPV6_DONTFRAG, 1);
    set(IPPROTO_IPV6, IPV6_RECVERR, 1);
    icmp6_filter filter;
    ICMP6_FILTER_SETBLOCKALL(&filter);
    ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
    if (::setsockopt(fd_.get(), IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof(filter)) != 0)
      throw_errno(name() + ": filter");
  }

  // A connected socket is told only of packets between these two.
  bool connect() {
    if (::connect(fd_.get(), destination_.address(), destination_.length) == 0) return true;
    if (!is_unreachable(errno)) throw_errno(name() + ": find a route");
    return false;
  }

  bool send() {
    const std::size_t header = ip6() ? 40 : 20;
    const auto message = echo_request(ip6(), mark_, request_.bytes - header);
    const ssize_t sent = ::send(fd_.get(), message.data(), message.size(), 0);
    if (sent >= 0) return true;
    const int error = errno;
    if (error == EMSGSIZE) {
      answer_ = PathProbe{PathProbeOutcome::kTooBig, 0};  // or with the MTU, if the kernel tells
      read_errors();
    } else if (!is_unreachable(error)) {
      throw_errno(name() + ": send", error);
    }
    return false;
  }

  bool wait(Clock::time_point deadline) const {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) return false;
    pollfd readable{fd_.get(), POLLIN, 0};
    return ::poll(&readable, 1, static_cast<int>(left.count())) >= 0 || errno == EINTR;
  }

  void read_errors() {
    std::array<std::uint8_t, 64> quoted;
    alignas(cmsghdr) std::array<std::uint8_t, 512> control;
    while (true) {
      iovec part{quoted.data(), quoted.size()};
      msghdr message{};
      message.msg_iov = &part;
      message.msg_iovlen = 1;
      message.msg_control = control.data();
      message.msg_controllen = control.size();
      const ssize_t length = ::recvmsg(fd_.get(), &message, MSG_ERRQUEUE);
      if (length < 0) return;
      const auto bytes = std::min(static_cast<std::size_t>(length), quoted.size());
      take(message, std::span(quoted.data(), bytes));
    }
  }

  void take(msghdr& message, std::span<const std::uint8_t> quoted) {
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
         part = CMSG_NXTHDR(&message, part)) {
      const bool is_error = (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_RECVERR) ||
                            (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_RECVERR);
      if (!is_error) continue;
      const auto* error = reinterpret_cast<const sock_extended_err*>(CMSG_DATA(part));
      const bool ours =
          error->ee_origin == SO_EE_ORIGIN_LOCAL || is_quoted_request(quoted, ip6(), mark_);
      if (ours && error->ee_errno == EMSGSIZE)
        answer_ = PathProbe{PathProbeOutcome::kTooBig, error->ee_info};
    }
  }

  void read_replies() {
    std::array<std::uint8_t, 128> start;  // an IPv4 header with all its options, and the mark
    while (true) {
      const ssize_t length = ::recv(fd_.get(), start.data(), start.size(), 0);
      if (length < 0) return;  // nothing more, or an error that its queue tells
      std::span<const std::uint8_t> message(start.data(), static_cast<std::size_t>(length));
      if (!ip6() && !message.empty())
        message = message.subspan(std::min<std::size_t>((message[0] & 0x0fu) * 4u, message.size()));
      if (is_echo_reply(message, ip6(), mark_)) answer_ = PathProbe{PathProbeOutcome::kReached, 0};
    }
  }

  const PathProbeRequest& request_;
  Endpoint source_;
  Endpoint destination_;
  EchoMark mark_;
  UniqueFd fd_;
  std::optional<PathProbe> answer_;
};

}  // namespace

PathProbe probe_path(const PathProbeRequest& request) {
  return Probe(request).run();
}

}  // namespace millrace
