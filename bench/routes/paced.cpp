// Sends 64-byte UDP test frames at a steady rate until a line comes on standard input, then prints
// {"sent", "refused", "seconds"}. A stall is not made up for: no burst exceeds kMostPerTick, so
// that what is lost was not lost because of the sender. Run it in the network namespace of the pod.
//   paced ADDRESS PACKETS_PER_SECOND CPU
#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "../traffic/flow.h"
#include "../traffic/process.hpp"

namespace {

constexpr double kTick = 0.0005;
constexpr unsigned kMostPerTick = 64;
constexpr std::size_t kPayload = FRAME_BYTES - ETHERNET_BYTES - IPV4_BYTES - 8;

struct Counts {
  unsigned long long sent = 0;
  unsigned long long refused = 0;  // by the pod's own kernel: these were never on their way
};

int connect_to(const char* address) {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) traffic::fail("open a socket", errno);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(DISCARD_PORT);
  if (inet_pton(AF_INET, address, &to.sin_addr) != 1) throw std::invalid_argument(address);
  if (connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) traffic::fail(address, errno);
  return fd;
}

void send_some(int fd, unsigned count, Counts& counts) {
  static std::array<char, kPayload> payload{};
  static iovec data{payload.data(), payload.size()};
  static std::array<mmsghdr, kMostPerTick> messages{};
  for (mmsghdr& message : messages) {
    message.msg_hdr.msg_iov = &data;
    message.msg_hdr.msg_iovlen = 1;
  }
  const int done = sendmmsg(fd, messages.data(), count, 0);
  const unsigned sent = done < 0 ? 0 : static_cast<unsigned>(done);
  counts.sent += sent;
  counts.refused += count - sent;
}

bool told_to_stop() {
  pollfd input{0, POLLIN, 0};
  return poll(&input, 1, 0) != 0;
}

void sleep_for(double seconds) {
  const timespec time{0, static_cast<long>(seconds * 1e9)};
  nanosleep(&time, nullptr);
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 4) throw std::invalid_argument("usage: paced ADDRESS PACKETS_PER_SECOND CPU");
  traffic::die_with_parent();
  const double rate = std::atof(argv[2]);
  traffic::pin_to_cpu(std::atoi(argv[3]));
  const int fd = connect_to(argv[1]);
  Counts counts;
  const double started = traffic::now_seconds();
  double due = started;  // when the next packet is to be sent
  while (!told_to_stop()) {
    const double now = traffic::now_seconds();
    const auto owed = static_cast<unsigned>(std::clamp((now - due) * rate, 0.0, 1e6));
    const unsigned count = std::min(owed, kMostPerTick);
    if (count > 0) send_some(fd, count, counts);
    due = owed > kMostPerTick ? now : due + count / rate;
    sleep_for(kTick);
  }
  std::printf("{\"sent\": %llu, \"refused\": %llu, \"seconds\": %.6f}\n", counts.sent,
              counts.refused, traffic::now_seconds() - started);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "paced: %s\n", error.what());
  return 1;
}
