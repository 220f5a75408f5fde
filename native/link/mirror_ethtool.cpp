#include "link/mirror_ethtool.hpp"

#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>
#include <poll.h>

#include "link/mirror_attributes.hpp"
#include "link/mirror_request.hpp"

namespace millrace {

namespace {

constexpr std::size_t kReceiveBuffer = 262144;
constexpr char kFamily[] = ETHTOOL_GENL_NAME;

std::uint32_t monitor_group(const nlattr* groups) {
  int left = 0;
  nlattr* group = nullptr;
  nla_for_each_nested(group, const_cast<nlattr*>(groups), left) {
    const MirrorAttributes<CTRL_ATTR_MCAST_GRP_MAX> attributes(group);
    if (attributes.text(CTRL_ATTR_MCAST_GRP_NAME) == ETHTOOL_MCGRP_MONITOR_NAME)
      return attributes.u32(CTRL_ATTR_MCAST_GRP_ID);
  }
  return 0;
}

}  // namespace

MirrorEthtool::MirrorEthtool() : socket_(NETLINK_GENERIC, kReceiveBuffer) {
  find_family();
  if (group_ != 0) socket_.join(group_);
}

void MirrorEthtool::find_family() {
  MirrorRequest request(GENL_ID_CTRL, 0);
  request.header<genlmsghdr>() = {CTRL_CMD_GETFAMILY, 1, 0};
  request.put(CTRL_ATTR_FAMILY_NAME, kFamily, sizeof(kFamily));
  socket_.send(request.message());
  pollfd readable{socket_.fd(), POLLIN, 0};
  if (::poll(&readable, 1, 1000) != 1) return;
  socket_.receive([this](const nlmsghdr* message) {
    if (message->nlmsg_type != GENL_ID_CTRL) return;  // an error: there is no such family
    const MirrorAttributes<CTRL_ATTR_MAX> attributes(message, sizeof(genlmsghdr));
    if (attributes.length(CTRL_ATTR_FAMILY_ID) < 2) return;
    family_ = nla_get_u16(const_cast<nlattr*>(attributes[CTRL_ATTR_FAMILY_ID]));
    if (attributes.has(CTRL_ATTR_MCAST_GROUPS))
      group_ = monitor_group(attributes[CTRL_ATTR_MCAST_GROUPS]);
  });
}

std::optional<std::int32_t> MirrorEthtool::changed_channels(const nlmsghdr* message) const {
  const auto* header = fixed_header<genlmsghdr>(message);
  if (header == nullptr || message->nlmsg_type != family_ ||
      header->cmd != ETHTOOL_MSG_CHANNELS_NTF)
    return std::nullopt;
  const MirrorAttributes<ETHTOOL_A_CHANNELS_MAX> attributes(message, sizeof(*header));
  const MirrorAttributes<ETHTOOL_A_HEADER_MAX> device(attributes[ETHTOOL_A_CHANNELS_HEADER]);
  return static_cast<std::int32_t>(device.u32(ETHTOOL_A_HEADER_DEV_INDEX));
}

}  // namespace millrace
