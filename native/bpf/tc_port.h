#pragma once
// Shared by tc_port.bpf.c and native/engine: ports whose host end has programs at tcx instead of an
// XDP program, so that pods keep their segmentation offloads.

#include <linux/types.h>

enum {
  // A flow is confirmed by a packet that is no super-frame while one comes in this time (ns): a
  // super-frame is cut on its way to the loop, and the next ones overtake its segments.
  MILLRACE_TC_CONFIRM_GRACE = 500000000,
};

// Key is the ifindex of a host end, an uplink, or the near end of a companion.
struct millrace_tc_port {
  __u32 slot;   // the port's number
  __u32 other;  // where frames for the ring loop go; of a near end: where frames from the loop go
  __u32 take;   // MILLRACE_TAKE_…
  __u32 reserved;
};

// A device that flows leave by; key is the port's number. ifindex 0: none.
struct millrace_tc_device {
  __u32 ifindex;
  __u16 mac[3];  // of the pod behind it, which may get frames without passing the device …
  __u16 peer;    // … when this is not 0
};
