#pragma once
// A short netlink request: the header, a fixed header, attributes.
#include <linux/netlink.h>

#include <array>
#include <cstdint>
#include <cstring>

namespace millrace {

class MirrorRequest {
 public:
  MirrorRequest(std::uint16_t type, std::uint16_t flags) {
    message()->nlmsg_type = type;
    message()->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
    message()->nlmsg_len = NLMSG_HDRLEN;
  }
  nlmsghdr* message() { return reinterpret_cast<nlmsghdr*>(bytes_.data()); }

  // The fixed header, zeroed; call it first and once.
  template <typename Header>
  Header& header() {
    message()->nlmsg_len = NLMSG_LENGTH(sizeof(Header));
    return *static_cast<Header*>(NLMSG_DATA(message()));
  }
  void put(std::uint16_t type, const void* data, std::size_t length) {
    const std::size_t at = NLMSG_ALIGN(message()->nlmsg_len);
    const nlattr attribute{static_cast<std::uint16_t>(NLA_HDRLEN + length), type};
    std::memcpy(&bytes_[at], &attribute, sizeof(attribute));
    std::memcpy(&bytes_[at + NLA_HDRLEN], data, length);
    message()->nlmsg_len = static_cast<std::uint32_t>(at + NLA_HDRLEN + length);
  }
  template <typename Value>
  void put(std::uint16_t type, const Value& value) {
    put(type, &value, sizeof(value));
  }

 private:
  alignas(4) std::array<std::uint8_t, 128> bytes_{};
};

}  // namespace millrace
