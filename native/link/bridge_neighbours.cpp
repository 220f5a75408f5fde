#include "link/bridge_neighbours.hpp"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "engine/routing_prefix.hpp"
#include "link/bridge_entries.hpp"
#include "link/mirror_attributes.hpp"
#include "link/mirror_parse.hpp"
#include "link/mirror_request.hpp"

namespace millrace {

namespace {

bool parse_entry(const nlmsghdr* message, int ifindex, NeighbourEntry& entry) {
  KernelNeighbour neighbour;
  if (!parse_neighbour(message, neighbour) || neighbour.ifindex != ifindex) return false;
  const auto* header = fixed_header<ndmsg>(message);
  const MirrorAttributes<NDA_MAX> attributes(message, sizeof(*header));
  entry.address = unmapped_address(neighbour.address.data(), neighbour.ip6 ? 16 : 4);
  entry.mac = neighbour.usable() ? to_text(neighbour.mac) : "";
  entry.external = (header->ndm_flags & NTF_EXT_LEARNED) != 0;
  entry.own =
      attributes.length(NDA_PROTOCOL) == 1 && *attributes.data(NDA_PROTOCOL) == kOwnProtocol;
  return true;
}

NeighbourRequest request_for(std::uint16_t type, int flags, const std::string& ifname,
                             const std::string& address) {
  const auto parsed = nl::parse_address(address);
  ndmsg header{};
  header.ndm_family = static_cast<std::uint8_t>(nl_addr_get_family(parsed.get()));
  header.ndm_ifindex = ifindex_of(ifname);
  header.ndm_state = NUD_PERMANENT;
  NeighbourRequest request(type, flags, header);
  request.put(NDA_DST, nl_addr_get_binary_addr(parsed.get()), nl_addr_get_len(parsed.get()));
  return request;
}

}  // namespace

std::vector<NeighbourEntry> list_neighbours(const std::string& ifname) {
  const int ifindex = ifindex_of(ifname);
  MirrorRequest request(RTM_GETNEIGH, 0);
  request.header<ndmsg>().ndm_family = AF_UNSPEC;
  request.put<std::uint32_t>(NDA_IFINDEX, static_cast<std::uint32_t>(ifindex));
  std::vector<NeighbourEntry> entries;
  NeighbourEntry entry;
  dump_consistently(
      request.message(), [&] { entries.clear(); },
      [&](const nlmsghdr* message) {
        if (parse_entry(message, ifindex, entry)) entries.push_back(entry);
      });
  return entries;
}

void set_neighbour(const std::string& ifname, const std::string& address, const std::string& mac) {
  auto request = request_for(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, ifname, address);
  const Mac parsed = parse_mac(mac);
  request.put(NDA_LLADDR, parsed.bytes.data(), parsed.bytes.size());
  request.put(NDA_PROTOCOL, &kOwnProtocol, sizeof(kOwnProtocol));
  request.send("make " + address + " a neighbour of " + ifname);
}

bool remove_neighbour(const std::string& ifname, const std::string& address) {
  return request_for(RTM_DELNEIGH, 0, ifname, address)
      .send("remove neighbour " + address + " of " + ifname, true);
}

}  // namespace millrace
