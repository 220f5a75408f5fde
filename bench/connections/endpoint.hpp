#pragma once
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>

namespace connections {

/** An address and a port of TCP, over IPv4 or IPv6. */
struct Endpoint {
  sockaddr_storage storage{};
  socklen_t length = 0;

  sockaddr* address() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* address() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

/**
 * Reads "10.1.0.2:80" or "[fd00::2]:80"; names are not looked up.
 * @throws std::invalid_argument for anything else
 */
Endpoint parse_endpoint(const std::string& text);

/** Any of our addresses, with a port: what a client binds to for the sake of the port. */
Endpoint any_address(int family, uint16_t port);

}  // namespace connections
