#pragma once
#include "engine/unique_fd.hpp"

namespace millrace {

// Has a device receive frames for every address, as the kernel's bridge has its ports do: NICs keep
// all but their own from the host. Lasts until what is returned is closed, however the process
// ends. Throws std::system_error.
UniqueFd hear_every_address(int ifindex);

}  // namespace millrace
