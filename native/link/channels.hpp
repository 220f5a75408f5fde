#pragma once
// How many queues a device uses: `ethtool -l` (ETHTOOL_GCHANNELS).
#include <cstdint>
#include <string>

namespace millrace {

// Receive queues in use; 1 when the driver cannot say.
std::uint32_t receive_queues(const std::string& ifname);

}  // namespace millrace
