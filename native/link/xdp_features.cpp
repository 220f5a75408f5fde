#include "link/xdp_features.hpp"

#include <linux/genetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include <array>
#include <map>

#include "link/netdev_uapi.hpp"
#include "link/nl.hpp"

namespace millrace {

namespace {

using netdev_uapi::kAttrIfindex, netdev_uapi::kAttrXdpFeatures;
constexpr std::array<const char*, 7> kFeatureNames = {
    "basic", "redirect", "ndo-xmit", "xsk-zerocopy", "hw-offload", "rx-sg", "ndo-xmit-sg"};

constexpr std::uint64_t kNdoXmit = 1 << 2;

using Message = std::unique_ptr<nl_msg, nl::Deleter<nlmsg_free>>;
using Attributes = std::array<nlattr*, 16>;

Message request(std::uint16_t family, std::uint8_t command, int flags) {
  Message message(nlmsg_alloc_simple(family, NLM_F_REQUEST | flags));
  const genlmsghdr header{command, 1, 0};
  nlmsg_append(message.get(), const_cast<genlmsghdr*>(&header), sizeof(header), NLMSG_ALIGNTO);
  return message;
}

Attributes parse(nl_msg* message) {
  Attributes attributes{};
  nlmsghdr* header = nlmsg_hdr(message);
  auto* first = reinterpret_cast<nlattr*>(static_cast<char*>(nlmsg_data(header)) + GENL_HDRLEN);
  nla_parse(attributes.data(), static_cast<int>(attributes.size()) - 1, first,
            nlmsg_datalen(header) - static_cast<int>(GENL_HDRLEN), nullptr);
  return attributes;
}

int read_family(nl_msg* message, void* result) {
  if (nlattr* id = parse(message)[CTRL_ATTR_FAMILY_ID])
    *static_cast<std::uint16_t*>(result) = nla_get_u16(id);
  return NL_OK;
}

int read_device(nl_msg* message, void* result) {
  const Attributes attributes = parse(message);
  if (attributes[kAttrIfindex] == nullptr) return NL_OK;
  const std::uint64_t bits =
      attributes[kAttrXdpFeatures] == nullptr ? 0 : nla_get_u64(attributes[kAttrXdpFeatures]);
  auto& found = *static_cast<std::map<int, std::uint64_t>*>(result);
  found[static_cast<int>(nla_get_u32(attributes[kAttrIfindex]))] = bits;
  return NL_OK;
}

bool ask(nl_sock* socket, Message message, int (*reader)(nl_msg*, void*), void* result) {
  nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM, reader, result);
  return nl_send_auto(socket, message.get()) >= 0 && nl_recvmsgs_default(socket) >= 0;
}

std::uint16_t netdev_family(nl_sock* socket) {
  Message message = request(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
  nla_put_string(message.get(), CTRL_ATTR_FAMILY_NAME, netdev_uapi::kFamily);
  std::uint16_t family = 0;
  return ask(socket, std::move(message), read_family, &family) ? family : 0;
}

// False when the kernel cannot say.
bool dump(std::map<int, std::uint64_t>& found) {
  const nl::Socket socket(nl_socket_alloc());
  nl::check(nl_connect(socket.get(), NETLINK_GENERIC), "connect to generic netlink");
  nl_socket_disable_auto_ack(socket.get());  // or the first answer's would end the dump
  const std::uint16_t family = netdev_family(socket.get());
  return family != 0 &&
         ask(socket.get(), request(family, netdev_uapi::kDevGet, NLM_F_DUMP), read_device, &found);
}

std::set<int> list_takers() {
  std::map<int, std::uint64_t> found;
  dump(found);
  std::set<int> takers;
  for (const auto& [ifindex, bits] : found)
    if ((bits & kNdoXmit) != 0) takers.insert(ifindex);
  return takers;
}

std::vector<std::string> names_of(std::uint64_t bits) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kFeatureNames.size(); ++i)
    if ((bits >> i & 1) != 0) names.emplace_back(kFeatureNames[i]);
  return names;
}

}  // namespace

bool XdpTakers::contains(int ifindex) {
  if (!indices_) indices_ = list_takers();
  return indices_->contains(ifindex);
}

std::vector<XdpFeatures> list_xdp_features() {
  std::map<int, std::uint64_t> found;
  const bool known = dump(found);
  std::vector<XdpFeatures> devices;
  struct if_nameindex* names = ::if_nameindex();
  for (struct if_nameindex* i = names; i != nullptr && i->if_name != nullptr; ++i) {
    const int ifindex = static_cast<int>(i->if_index);
    devices.push_back({ifindex, i->if_name, names_of(found[ifindex]), known});
  }
  ::if_freenameindex(names);
  return devices;
}

}  // namespace millrace
