#include "link/bridge_fdb.hpp"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cerrno>

#include "engine/routing_prefix.hpp"
#include "link/bridge_entries.hpp"
#include "link/mirror_attributes.hpp"
#include "link/mirror_request.hpp"

namespace millrace {

namespace {

bool parse_entry(const nlmsghdr* message, int ifindex, FdbEntry& entry) {
  const auto* header = fixed_header<ndmsg>(message);
  // Kernels that pass over the filter tell of all devices.
  if (header == nullptr || header->ndm_family != AF_BRIDGE || header->ndm_ifindex != ifindex)
    return false;
  const MirrorAttributes<NDA_MAX> attributes(message, sizeof(*header));
  if (!attributes.ok() || attributes.length(NDA_LLADDR) != 6) return false;
  Mac mac;
  attributes.copy(NDA_LLADDR, mac.bytes);
  entry = {};
  entry.mac = to_text(mac);
  if (attributes.length(NDA_VLAN) == 2) entry.vlan = nla_get_u16(attributes[NDA_VLAN]);
  entry.bridge = (header->ndm_flags & NTF_SELF) == 0;
  if (attributes.has(NDA_DST))
    entry.destination = unmapped_address(attributes.data(NDA_DST), attributes.length(NDA_DST));
  entry.vni = attributes.u32(NDA_VNI);
  if (attributes.length(NDA_PORT) == 2) entry.udp_port = ntohs(nla_get_u16(attributes[NDA_PORT]));
  entry.nexthop = attributes.u32(NDA_NH_ID);
  entry.permanent = (header->ndm_state & NUD_PERMANENT) != 0;
  entry.fixed = (header->ndm_state & NUD_NOARP) != 0;
  entry.external = (header->ndm_flags & NTF_EXT_LEARNED) != 0;
  return true;
}

NeighbourRequest request_for(std::uint16_t type, int flags, const std::string& port,
                             const std::string& mac) {
  ndmsg header{};
  header.ndm_family = AF_BRIDGE;
  header.ndm_ifindex = ifindex_of(port);
  header.ndm_state = NUD_NOARP;
  header.ndm_flags = NTF_MASTER;
  NeighbourRequest request(type, flags, header);
  const Mac address = parse_mac(mac);
  request.put(NDA_LLADDR, address.bytes.data(), address.bytes.size());
  return request;
}

}  // namespace

std::vector<FdbEntry> list_fdb(const std::string& ifname) {
  const int ifindex = ifindex_of(ifname);
  MirrorRequest request(RTM_GETNEIGH, 0);
  auto& header = request.header<ndmsg>();
  header.ndm_family = AF_BRIDGE;
  header.ndm_ifindex = ifindex;
  std::vector<FdbEntry> entries;
  FdbEntry entry;
  dump_consistently(
      request.message(), [&] { entries.clear(); },
      [&](const nlmsghdr* message) {
        if (parse_entry(message, ifindex, entry)) entries.push_back(entry);
      });
  return entries;
}

void set_fdb(const std::string& port, const std::string& mac) {
  request_for(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, port, mac)
      .send("put " + mac + " on bridge port " + port);
}

bool remove_fdb(const std::string& port, const std::string& mac) {
  return request_for(RTM_DELNEIGH, 0, port, mac)
      .send("take " + mac + " off bridge port " + port, true);
}

}  // namespace millrace
