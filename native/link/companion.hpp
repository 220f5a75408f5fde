#pragma once
// The companion of a port with backend tc: a veth pair in our own namespace that frames take
// between the device and the ring loop. The far end has the XDP program, so the kernel cuts
// super-frames before it.
#include <cstdint>
#include <string>

namespace millrace {

struct CompanionRequest {
  std::string near, far, mac, alias;
  std::uint32_t mtu;
  std::uint32_t queues = 1;  // of either end, each way
};

// Both ends are up, have no addresses and carry the alias. One that an earlier agent has left is
// removed first. Throws std::system_error (EEXIST: a name is somebody else's); nothing is left
// behind.
void create_companion(const CompanionRequest& request);

// No effect when there is none, or none of ours.
void delete_companion(const std::string& near, const std::string& mac, const std::string& alias);

}  // namespace millrace
