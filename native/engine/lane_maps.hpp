#pragma once
// The flow lane's maps in the XDP program's skeleton.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "engine/flow_lane.hpp"
#include "redirect.skel.h"

namespace millrace {

// Before the program is loaded. entries: a power of two, at least MILLRACE_LANE_WAYS, which is what
// there is otherwise.
inline void size_lane(const redirect& skeleton, std::uint32_t entries) {
  bpf_map__set_max_entries(skeleton.maps.lanes, entries);
  bpf_map__set_max_entries(skeleton.maps.lane_outers, entries);
  bpf_map__set_max_entries(skeleton.maps.lane_tags, entries / MILLRACE_LANE_WAYS);
}

// Once it is loaded.
inline FlowLane::Maps lane_maps(const redirect& skeleton) {
  const auto& maps = skeleton.maps;
  return {bpf_map__fd(maps.lanes),
          bpf_map__fd(maps.lane_outers),
          bpf_map__fd(maps.lane_tags),
          bpf_map__max_entries(maps.lanes),
          bpf_map__fd(maps.lane_state),
          {bpf_map__fd(maps.lane_devices), bpf_map__fd(maps.lane_devices_frags)},
          bpf_map__fd(maps.ports)};
}

}  // namespace millrace
