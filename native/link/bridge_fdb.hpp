#pragma once
// The FDB of a kernel device, bridge(8): what others have put there about a VXLAN device or about a
// port of a bridge, and static entries of ours.
#include <cstdint>
#include <string>
#include <vector>

namespace millrace {

struct FdbEntry {
  std::string mac;
  std::uint32_t vlan = 0;
  bool bridge = false;         // in the table of the bridge that the device is a port of
  std::string destination;     // remote VTEP; "" for none
  std::uint32_t vni = 0;       // 0: that of the device
  std::uint32_t udp_port = 0;  // 0: that of the device
  std::uint32_t nexthop = 0;   // id of a group of VTEPs instead of a destination
  bool permanent = false;      // NUD_PERMANENT
  bool fixed = false;          // NUD_NOARP: static
  bool external = false;       // NTF_EXT_LEARNED: by a routing daemon
};

// All entries of the device, its own and those of its bridge. Throws std::system_error: ENODEV, and
// EAGAIN when it changes too fast to be read.
std::vector<FdbEntry> list_fdb(const std::string& ifname);

// A static entry in the bridge of that port; moves there what is elsewhere. Throws
// std::system_error.
void set_fdb(const std::string& port, const std::string& mac);
// False when there was none.
bool remove_fdb(const std::string& port, const std::string& mac);

}  // namespace millrace
