#pragma once
// Neighbours of a kernel device (ip-neighbour(8)), as a bridge that answers ARP and ND for others
// has them.
#include <string>
#include <vector>

namespace millrace {

struct NeighbourEntry {
  std::string address;
  std::string mac;        // "" while unresolved
  bool external = false;  // NTF_EXT_LEARNED: by a routing daemon
  bool own = false;       // made by set_neighbour()
};

// Throws std::system_error: ENODEV, and EAGAIN when they change too fast to be read.
std::vector<NeighbourEntry> list_neighbours(const std::string& ifname);

// A permanent entry that carries our mark; takes the place of any other. Throws std::system_error.
void set_neighbour(const std::string& ifname, const std::string& address, const std::string& mac);
// False when there was none.
bool remove_neighbour(const std::string& ifname, const std::string& address);

}  // namespace millrace
