#pragma once
#include <cstdint>
#include <string>

namespace millrace {

// What `millrace doctor` tells about this machine. Opens and closes an AF_XDP socket, changes
// nothing.
struct HostFacts {
  std::string kernel;
  std::string libbpf;
  bool af_xdp = false;
  std::string af_xdp_reason;
  bool tx_metadata = false;
  std::uint64_t hugepages_free = 0;
  std::uint64_t memlock_bytes = 0;  // UINT64_MAX: no limit
};

HostFacts probe_host();

}  // namespace millrace
