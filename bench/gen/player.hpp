#pragma once
#include <csignal>
#include <cstdint>
#include <string>
#include <vector>

#include "templates.hpp"

namespace gen {

/** What to send, how fast and for how long. */
struct Order {
  std::string ifname;
  std::vector<Template> templates;
  /** Offset of the stamp in every frame; 0: frames go as they are. */
  uint32_t stamp_at;
  uint16_t tag;
  /** Sequence numbers whose bits of this mask are all zero carry a time. */
  uint32_t time_mask;
  /** Frames per second; 0: as fast as possible. */
  double rate;
  double seconds;
  /** Frames in all; 0: no limit but the time. */
  uint64_t frames;
  uint32_t batch;
  /** Sleeps while no frame is due, and sends in bursts: for a CPU that others need, too. */
  bool sleeps;
};

struct Sent {
  uint64_t frames;
  uint64_t bytes;
  /** On the monotonic clock, as the readings of millrace-sink. */
  double started;
  double seconds;
  /** Of them, waiting for the next frame to be due. */
  double idle;
  /** zero-copy, copy or live-frames. */
  const char* mode;
};

/** AF_XDP transmit; on a veth the peer receives skbs, as from a pod's own socket. */
Sent play_skbs(const Order& order);

/** Live frames of BPF_PROG_TEST_RUN: the peer receives xdp_frames, as from a NIC. */
Sent play_live(const Order& order);

/** Set by SIGINT and SIGTERM: the player ends and says what it has sent. */
extern volatile std::sig_atomic_t stopped;

}  // namespace gen
