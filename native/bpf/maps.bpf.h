// Maps of the XDP program that the program at the tracepoints uses too.
#pragma once

#include "redirect.h"
// after redirect.h, whose limits it uses
#include "lane.h"

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, MILLRACE_MAX_PORTS);
  __type(key, __u32);
  __type(value, struct millrace_port);
} ports SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct millrace_lane_state);
} lane_state SEC(".maps");
