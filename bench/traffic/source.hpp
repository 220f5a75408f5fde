#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "frame.hpp"

namespace traffic {

/** What to send and for how long. */
struct Load {
  std::string ifname;
  unsigned ifindex;
  Frame frame;
  /** Sent in front of each frame: the outer headers of a tunnel, or nothing. */
  std::vector<uint8_t> head;
  /** 1 or a power of two up to MAX_FLOWS. */
  uint32_t flows;
  double seconds;
  uint32_t batch;
};

struct Sent {
  uint64_t frames;
  /** On the monotonic clock, as the readings of millrace-sink. */
  double started;
  double seconds;
};

/** AF_XDP transmit in copy mode: the peer receives skbs, as from a pod's own socket. */
Sent send_skbs(const Load& load);

/** Live frames of BPF_PROG_TEST_RUN: the peer receives xdp_frames, as from a NIC. */
Sent send_frames(const Load& load);

}  // namespace traffic
