#pragma once
// A netlink request: the header, a fixed header, and attributes, some of which hold others.
#include <linux/netlink.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

namespace millrace {

class MirrorRequest {
 public:
  MirrorRequest(std::uint16_t type, std::uint16_t flags);
  nlmsghdr* message() { return reinterpret_cast<nlmsghdr*>(bytes_.data()); }

  // The fixed header, zeroed; call it first and once. Valid until the next attribute.
  template <typename Header>
  Header& header() {
    grow(NLMSG_ALIGN(sizeof(Header)));
    return *static_cast<Header*>(NLMSG_DATA(message()));
  }
  void put(int type, const void* data, std::size_t length);
  template <typename Value>
  void put(int type, const Value& value) {
    static_assert(std::is_trivially_copyable_v<Value>);
    put(type, &value, sizeof(value));
  }
  void put_text(int type, const std::string& text) { put(type, text.c_str(), text.size() + 1); }
  // An attribute that holds those which fill() puts.
  template <typename Fill>
  void nest(int type, Fill fill) {
    const std::size_t at = bytes_.size();
    put(type | NLA_F_NESTED, nullptr, 0);
    fill();
    close(at);
  }

 private:
  void grow(std::size_t length);
  void close(std::size_t at);

  std::vector<std::uint8_t> bytes_;
};

}  // namespace millrace
