#pragma once
// Which interfaces lead out of this node: those may not be taken away from the kernel.
#include <vector>

namespace millrace {

// Indices of the interfaces that a default route of either family leaves by, in any table. Throws
// std::system_error.
std::vector<int> default_route_interfaces();

}  // namespace millrace
