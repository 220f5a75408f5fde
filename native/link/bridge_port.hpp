#pragma once
// A port of a kernel bridge with nothing behind it, for addresses that are elsewhere: routing
// daemons announce what the FDB of a bridge has on its ports.
#include <string>

namespace millrace {

struct BridgePortRequest {
  std::string name, bridge, alias;
};
struct BridgePort {
  int ifindex;
  std::string kind;
};

// Up, in the bridge, never flooded to and never learned from. A device of that name with that alias
// is put in order. Throws std::system_error: EEXIST when another device has the name, EOPNOTSUPP
// when the kernel has no kind of device for it. Nothing is left behind.
BridgePort ensure_bridge_port(const BridgePortRequest& request);

}  // namespace millrace
