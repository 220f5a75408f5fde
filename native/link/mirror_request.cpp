#include "link/mirror_request.hpp"

#include <cstring>

namespace millrace {

MirrorRequest::MirrorRequest(std::uint16_t type, std::uint16_t flags) : bytes_(NLMSG_HDRLEN) {
  message()->nlmsg_type = type;
  message()->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
  message()->nlmsg_len = NLMSG_HDRLEN;
}

void MirrorRequest::put(int type, const void* data, std::size_t length) {
  const std::size_t at = bytes_.size();
  const nlattr attribute{static_cast<std::uint16_t>(NLA_HDRLEN + length),
                         static_cast<std::uint16_t>(type)};
  grow(NLA_ALIGN(NLA_HDRLEN + length));
  std::memcpy(bytes_.data() + at, &attribute, sizeof(attribute));
  if (length != 0) std::memcpy(bytes_.data() + at + NLA_HDRLEN, data, length);
}

void MirrorRequest::close(std::size_t at) {
  const auto length = static_cast<std::uint16_t>(bytes_.size() - at);
  std::memcpy(bytes_.data() + at + offsetof(nlattr, nla_len), &length, sizeof(length));
}

void MirrorRequest::grow(std::size_t length) {
  bytes_.resize(bytes_.size() + length);
  message()->nlmsg_len = static_cast<std::uint32_t>(bytes_.size());
}

}  // namespace millrace
