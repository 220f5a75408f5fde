#include "link/mirror_devices.hpp"

#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>
#include <poll.h>

#include <cstring>

#include "link/mirror_attributes.hpp"
#include "link/mirror_request.hpp"
#include "link/netdev_uapi.hpp"

namespace millrace {

namespace {

constexpr std::size_t kReceiveBuffer = 262144;

std::uint32_t group_in(const nlattr* groups, const char* name) {
  int left = 0;
  nlattr* group = nullptr;
  nla_for_each_nested(group, const_cast<nlattr*>(groups), left) {
    const MirrorAttributes<CTRL_ATTR_MCAST_GRP_MAX> attributes(group);
    if (attributes.text(CTRL_ATTR_MCAST_GRP_NAME) == name)
      return attributes.u32(CTRL_ATTR_MCAST_GRP_ID);
  }
  return 0;
}

std::optional<MirrorDevices::Subject> subject_of(std::uint8_t command) {
  if (command == ETHTOOL_MSG_CHANNELS_NTF) return MirrorDevices::Subject::kChannels;
  if (command == ETHTOOL_MSG_FEATURES_NTF) return MirrorDevices::Subject::kFeatures;
  return std::nullopt;
}

}  // namespace

// Both are asked for before either may tell something.
MirrorDevices::MirrorDevices()
    : socket_(NETLINK_GENERIC, kReceiveBuffer),
      ethtool_(find(ETHTOOL_GENL_NAME, ETHTOOL_MCGRP_MONITOR_NAME)),
      netdev_(find(netdev_uapi::kFamily, netdev_uapi::kGroup)) {
  for (const std::uint32_t group : {ethtool_.group, netdev_.group})
    if (group != 0) socket_.join(group);
}

MirrorDevices::Family MirrorDevices::find(const char* name, const char* group) {
  MirrorRequest request(GENL_ID_CTRL, 0);
  request.header<genlmsghdr>() = {CTRL_CMD_GETFAMILY, 1, 0};
  request.put(CTRL_ATTR_FAMILY_NAME, name, std::strlen(name) + 1);
  socket_.send(request.message());
  Family family;
  pollfd readable{socket_.fd(), POLLIN, 0};
  if (::poll(&readable, 1, 1000) != 1) return family;
  socket_.receive([&](const nlmsghdr* message) {
    if (message->nlmsg_type != GENL_ID_CTRL) return;  // an error: there is no such family
    const MirrorAttributes<CTRL_ATTR_MAX> attributes(message, sizeof(genlmsghdr));
    if (attributes.length(CTRL_ATTR_FAMILY_ID) < 2) return;
    family.id = nla_get_u16(const_cast<nlattr*>(attributes[CTRL_ATTR_FAMILY_ID]));
    if (attributes.has(CTRL_ATTR_MCAST_GROUPS))
      family.group = group_in(attributes[CTRL_ATTR_MCAST_GROUPS], group);
  });
  return family;
}

std::optional<MirrorDevices::Change> MirrorDevices::change_in(const nlmsghdr* message) const {
  const auto* header = fixed_header<genlmsghdr>(message);
  if (header == nullptr) return std::nullopt;
  if (message->nlmsg_type == netdev_.id && header->cmd == netdev_uapi::kDevChanged) {
    constexpr int kIfindex = netdev_uapi::kAttrIfindex;
    const MirrorAttributes<kIfindex> device(message, sizeof(*header));
    return Change{static_cast<std::int32_t>(device.u32(kIfindex)), Subject::kFeatures};
  }
  if (message->nlmsg_type != ethtool_.id) return std::nullopt;
  const auto subject = subject_of(header->cmd);
  if (!subject) return std::nullopt;
  constexpr int kHeader = ETHTOOL_A_CHANNELS_HEADER;
  static_assert(kHeader == int{ETHTOOL_A_FEATURES_HEADER});
  const MirrorAttributes<kHeader> attributes(message, sizeof(*header));
  const MirrorAttributes<ETHTOOL_A_HEADER_MAX> device(attributes[kHeader]);
  return Change{static_cast<std::int32_t>(device.u32(ETHTOOL_A_HEADER_DEV_INDEX)), *subject};
}

}  // namespace millrace
