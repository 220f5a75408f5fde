#pragma once
// The attributes behind the fixed header of a netlink message (netlink(7)), read by libnl.
#include <linux/netlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>

namespace millrace {

template <int kMax>
class MirrorAttributes {
 public:
  explicit MirrorAttributes(const nlattr* nested) {
    ok_ = nested != nullptr &&
          nla_parse_nested(table_.data(), kMax, const_cast<nlattr*>(nested), nullptr) >= 0;
  }
  MirrorAttributes(const void* first, int length) {
    ok_ = length >= 0 &&
          nla_parse(table_.data(), kMax, static_cast<nlattr*>(const_cast<void*>(first)), length,
                    nullptr) >= 0;
  }
  // Those behind a fixed header of that size.
  MirrorAttributes(const nlmsghdr* message, std::size_t header)
      : MirrorAttributes(static_cast<const char*>(nlmsg_data(message)) + NLMSG_ALIGN(header),
                         nlmsg_datalen(message) - static_cast<int>(NLMSG_ALIGN(header))) {}

  bool ok() const { return ok_; }
  bool has(int type) const { return table_[type] != nullptr; }
  const nlattr* operator[](int type) const { return table_[type]; }
  int length(int type) const { return has(type) ? nla_len(table_[type]) : 0; }
  const std::uint8_t* data(int type) const {
    return static_cast<const std::uint8_t*>(nla_data(table_[type]));
  }
  std::uint32_t u32(int type, std::uint32_t otherwise = 0) const {
    return length(type) < 4 ? otherwise : nla_get_u32(table_[type]);
  }
  std::string text(int type) const {
    if (!has(type)) return {};
    const auto* first = reinterpret_cast<const char*>(data(type));
    return {first, ::strnlen(first, static_cast<std::size_t>(length(type)))};
  }
  // Copies up to the size of to; what the attribute lacks stays as it was.
  template <std::size_t kBytes>
  bool copy(int type, std::array<std::uint8_t, kBytes>& to) const {
    if (!has(type)) return false;
    std::memcpy(to.data(), data(type), std::min<std::size_t>(kBytes, length(type)));
    return true;
  }

 private:
  std::array<nlattr*, kMax + 1> table_{};
  bool ok_ = false;
};

// The fixed header, nullptr when the message is shorter.
template <typename Header>
const Header* fixed_header(const nlmsghdr* message) {
  if (nlmsg_datalen(message) < static_cast<int>(sizeof(Header))) return nullptr;
  return static_cast<const Header*>(nlmsg_data(message));
}

}  // namespace millrace
