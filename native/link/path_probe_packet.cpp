#include "link/path_probe_packet.hpp"

#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <sys/random.h>

#include <algorithm>
#include <cstring>

#include "base/checksum.hpp"
#include "engine/errors.hpp"

namespace millrace {

namespace {

// Type, code, checksum; then the mark.
constexpr std::size_t kMark = 4;
constexpr std::size_t kNonce = 8;

bool begins(std::span<const std::uint8_t> message, int type, const EchoMark& mark) {
  return message.size() >= kNonce && message[0] == type && message[1] == 0 &&
         std::equal(mark.id_and_sequence.begin(), mark.id_and_sequence.end(),
                    message.begin() + kMark);
}

}  // namespace

EchoMark EchoMark::make() {
  std::array<std::uint8_t, 12> random{};
  if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size()))
    throw_errno("mark a path probe: get random bytes");
  EchoMark mark{};
  std::copy_n(random.begin(), mark.id_and_sequence.size(), mark.id_and_sequence.begin());
  std::copy_n(random.begin() + 4, mark.nonce.size(), mark.nonce.begin());
  return mark;
}

std::vector<std::uint8_t> echo_request(bool ip6, const EchoMark& mark, std::size_t bytes) {
  std::vector<std::uint8_t> message(bytes);
  message[0] = ip6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
  std::copy(mark.id_and_sequence.begin(), mark.id_and_sequence.end(), message.begin() + kMark);
  std::copy(mark.nonce.begin(), mark.nonce.end(), message.begin() + kNonce);
  if (ip6) return message;
  const auto sum =
      checksum_fold(checksum_add(0, message.data(), static_cast<std::uint32_t>(message.size())));
  const auto checksum = static_cast<std::uint16_t>(~sum);
  std::memcpy(&message[2], &checksum, sizeof(checksum));  // summed in memory order
  return message;
}

bool is_echo_reply(std::span<const std::uint8_t> message, bool ip6, const EchoMark& mark) {
  return begins(message, ip6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY, mark) &&
         message.size() >= kNonce + mark.nonce.size() &&
         std::equal(mark.nonce.begin(), mark.nonce.end(), message.begin() + kNonce);
}

bool is_quoted_request(std::span<const std::uint8_t> quoted, bool ip6, const EchoMark& mark) {
  return begins(quoted, ip6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO, mark);
}

}  // namespace millrace
