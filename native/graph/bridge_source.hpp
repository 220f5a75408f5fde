#pragma once
// Who may send what into a bridge domain: sriov-cni's spoofchk, extended to the addresses inside.
#include "engine/packet.hpp"
#include "engine/port.hpp"

namespace millrace {

// kCount when the frame may pass. Precondition: spoof_check is on, and the source MAC is the pod's.
DropReason check_source(const Packet& packet, const PortConfig& config);

}  // namespace millrace
