#pragma once
// The tables that the programs at tcx have in common with the XDP program.
#include <bpf/libbpf.h>

#include "redirect.skel.h"
#include "tc_port.skel.h"

namespace millrace {

// Before the programs at tcx are loaded, after the other one is. Returns 0, or the error.
inline int share_tables(const tc_port& tc, const redirect& xdp) {
  const struct {
    bpf_map* map;
    const bpf_map* with;
  } shared[] = {
      {tc.maps.lanes, xdp.maps.lanes},         {tc.maps.lane_outers, xdp.maps.lane_outers},
      {tc.maps.lane_tags, xdp.maps.lane_tags}, {tc.maps.lane_state, xdp.maps.lane_state},
      {tc.maps.ports, xdp.maps.ports},         {tc.maps.prefixes4, xdp.maps.prefixes4},
      {tc.maps.prefixes6, xdp.maps.prefixes6}};
  for (const auto& [map, with] : shared)
    if (const int error = bpf_map__reuse_fd(map, bpf_map__fd(with)); error != 0) return error;
  return 0;
}

}  // namespace millrace
