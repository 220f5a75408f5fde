#pragma once
#include <cstdint>

#include "endpoint.hpp"

namespace connections {

/** A connection on its way; `fd` is -1 when there is none. */
struct Connection {
  int fd = -1;
  uint64_t started = 0;
  /** What connect() said, 0 when the handshake goes on. */
  int error = 0;
  bool connected = false;
  bool answered = false;
};

/**
 * Begins the handshake from a port of ours. No `fd`: the last connection from there has not ended.
 * @throws std::runtime_error when there is no socket to be had
 */
Connection open_connection(const Endpoint& to, uint16_t from_port);

/** The error that the kernel keeps for a socket, 0 for none. */
int pending_error(int fd);

/** Segments that were sent again, the SYN included. */
uint32_t retransmits(int fd);

/** Closes with a reset: what is given up must not hold its port, nor the server's memory. */
void abort_connection(int fd);

}  // namespace connections
