#pragma once
#include <cstdint>

#include "endpoint.hpp"

namespace connections {

struct Load {
  Endpoint to;
  /** Source ports, used one after the other. */
  uint16_t first_port = 0;
  uint16_t last_port = 0;
  /** Connections open at a time, at most. */
  uint32_t concurrency = 1;
  /** Connections per second; 0: a new one as soon as one has ended. */
  double rate = 0;
  /** Sends a byte and waits for the answer; else only for the server's close. */
  bool request = true;
  /** Seconds before the window, of the window, and until a connection is given up. */
  double warm_up = 0;
  double seconds = 1;
  double timeout = 3;
};

/**
 * Opens connections and prints what became of them as lines of JSON: {"started": true} when the
 * window begins, the tally when it has ended, and one for each line "read" of standard input.
 * @throws std::runtime_error when the kernel refuses what every connection needs
 */
void load(const Load& load);

}  // namespace connections
