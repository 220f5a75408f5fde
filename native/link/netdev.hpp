#pragma once
// Network devices that are moved between namespaces and changed there, as VFs of pods are. A
// namespace is a path, "" for ours; where there is none, std::system_error with ENOENT is thrown.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace millrace {

struct NetdevInfo {
  int ifindex = 0;
  std::string name;
  std::vector<std::string> alternative_names;
  std::string mac;
  std::string permanent_mac;  // "" when the driver does not say
  std::uint32_t mtu = 0;
  bool up = false;
  bool carrier = false;  // up, with carrier, and the kernel lets frames out
  bool promisc = false;  // asked for by an administrator, not by a program
  bool allmulti = false;
  std::string bus_address;  // PCI address of the function; "" for virtual links
  std::string driver;
};

// The netdev of a PCI function (0000:01:10.0), not one that stands for a VF of it. Nothing when the
// namespace has none. Throws std::system_error: EAGAIN when links change all the time.
std::optional<NetdevInfo> find_netdev(const std::string& netns, const std::string& address);

// Throws std::system_error: ENODEV.
NetdevInfo describe_netdev(const std::string& netns, int ifindex);

struct NetdevChange {
  std::optional<std::string> name = std::nullopt;
  std::optional<std::string> mac = std::nullopt;
  std::optional<std::uint32_t> mtu = std::nullopt;
  std::optional<bool> up = std::nullopt;
  std::optional<bool> promisc = std::nullopt;
  std::optional<bool> allmulti = std::nullopt;
};

// One after the other, in this order; what is so already is not touched. A link that takes a name
// or MAC only while it is down is down for that moment, which costs it its routes. Throws
// std::system_error that names the link, the change and the value; the changes before stay.
void set_netdev(const std::string& netns, int ifindex, const NetdevChange& change);

// Under that name; it comes down, and loses its addresses and those of its alternative names that
// are taken there. Returns its ifindex there. Throws std::system_error: EEXIST when the name is
// taken, and the link is where it was.
int move_netdev(const std::string& from, int ifindex, const std::string& to,
                const std::string& name);

}  // namespace millrace
