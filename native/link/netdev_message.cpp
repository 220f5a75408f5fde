#include "link/netdev_message.hpp"

#include <cstring>

namespace millrace {

NetdevMessage::NetdevMessage(std::uint16_t type, int ifindex)
    : bytes_(NLMSG_LENGTH(sizeof(ifinfomsg))) {
  message()->nlmsg_type = type;
  message()->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  message()->nlmsg_len = static_cast<std::uint32_t>(bytes_.size());
  link().ifi_index = ifindex;
}

void NetdevMessage::put(int type, const void* data, std::size_t length) {
  const std::size_t at = bytes_.size();
  const nlattr attribute{static_cast<std::uint16_t>(NLA_HDRLEN + length),
                         static_cast<std::uint16_t>(type)};
  bytes_.resize(at + NLA_ALIGN(NLA_HDRLEN + length));
  std::memcpy(bytes_.data() + at, &attribute, sizeof(attribute));
  if (length != 0) std::memcpy(bytes_.data() + at + NLA_HDRLEN, data, length);
  message()->nlmsg_len = static_cast<std::uint32_t>(bytes_.size());
}

void NetdevMessage::close(std::size_t at) {
  const auto length = static_cast<std::uint16_t>(bytes_.size() - at);
  std::memcpy(bytes_.data() + at + offsetof(nlattr, nla_len), &length, sizeof(length));
}

}  // namespace millrace
