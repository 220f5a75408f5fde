#pragma once
// The packet that a trace sends through the graph.
#include "engine/trace_types.hpp"

namespace millrace {

// The Ethernet frame of the request; destination and source as given. Throws std::invalid_argument
// when the families differ or the length does not fit.
std::vector<std::uint8_t> make_trace_frame(const TraceRequest& request, const Mac& destination,
                                           const Mac& source);

}  // namespace millrace
