#include "endpoint.hpp"

#include <netdb.h>

#include <cstring>
#include <stdexcept>

namespace connections {

Endpoint parse_endpoint(const std::string& text) {
  const size_t colon = text.rfind(':');
  std::string host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_family = bracketed ? AF_INET6 : AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (colon == std::string::npos || host.empty() || colon + 1 == text.size() ||
      getaddrinfo(host.c_str(), text.c_str() + colon + 1, &hints, &found) != 0) {
    throw std::invalid_argument(text +
                                ": expected an address and a port, 10.1.0.2:80 or "
                                "[fd00::2]:80");
  }
  Endpoint endpoint;
  std::memcpy(&endpoint.storage, found->ai_addr, found->ai_addrlen);
  endpoint.length = found->ai_addrlen;
  freeaddrinfo(found);
  return endpoint;
}

Endpoint any_address(int family, uint16_t port) {
  Endpoint endpoint;
  endpoint.storage.ss_family = static_cast<sa_family_t>(family);
  endpoint.length = family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  // The port of both families lies at the same place, RFC 3493 section 3.3.
  reinterpret_cast<sockaddr_in*>(endpoint.address())->sin_port = htons(port);
  return endpoint;
}

}  // namespace connections
