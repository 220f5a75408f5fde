#pragma once
// A netlink request about one link (rtnetlink(7)): the header, ifinfomsg, and attributes, some of
// which hold others.
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

namespace millrace {

class NetdevMessage {
 public:
  // ifindex 0: an attribute names the link.
  explicit NetdevMessage(std::uint16_t type, int ifindex = 0);

  nlmsghdr* message() { return reinterpret_cast<nlmsghdr*>(bytes_.data()); }
  ifinfomsg& link() { return *static_cast<ifinfomsg*>(NLMSG_DATA(message())); }

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
  void close(std::size_t at);

  std::vector<std::uint8_t> bytes_;
};

}  // namespace millrace
