#include "connection.hpp"

#include <netinet/tcp.h>
#include <unistd.h>

#include "../lib/process.hpp"
#include "clock.hpp"

namespace connections {

Connection open_connection(const Endpoint& to, uint16_t from_port) {
  const int family = to.address()->sa_family;
  Connection connection{
      .fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
      .started = now_ns(),
  };
  if (connection.fd < 0) traffic::fail("socket", errno);
  const Endpoint from = any_address(family, from_port);
  if (bind(connection.fd, from.address(), from.length) != 0 ||
      connect(connection.fd, to.address(), to.length) != 0) {
    connection.error = errno == EINPROGRESS ? 0 : errno;
  }
  if (connection.error == EADDRINUSE || connection.error == EADDRNOTAVAIL) {
    close(connection.fd);
    connection.fd = -1;
  }
  return connection;
}

int pending_error(int fd) {
  int error = 0;
  socklen_t length = sizeof error;
  getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
  return error;
}

uint32_t retransmits(int fd) {
  tcp_info info{};
  socklen_t length = sizeof info;
  return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 ? info.tcpi_total_retrans : 0;
}

void abort_connection(int fd) {
  const linger reset{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  close(fd);
}

}  // namespace connections
