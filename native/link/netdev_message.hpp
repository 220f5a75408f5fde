#pragma once
// A request about one link (rtnetlink(7)), to be acknowledged.
#include <linux/rtnetlink.h>

#include "link/mirror_request.hpp"

namespace millrace {

class NetdevMessage : public MirrorRequest {
 public:
  // ifindex 0: an attribute names the link.
  explicit NetdevMessage(std::uint16_t type, int ifindex = 0) : MirrorRequest(type, NLM_F_ACK) {
    header<ifinfomsg>().ifi_index = ifindex;
  }
  ifinfomsg& link() { return *static_cast<ifinfomsg*>(NLMSG_DATA(message())); }
};

}  // namespace millrace
