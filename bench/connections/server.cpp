#include "server.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cstdio>

#include "../lib/process.hpp"

namespace connections {
namespace {

// What the kernel allows by default, net.core.somaxconn.
constexpr int kBacklog = 4096;
constexpr int kAcceptsPerTurn = 64;

int listen_at(const Endpoint& at) {
  const int fd = socket(at.address()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) traffic::fail("socket", errno);
  // Connections of the run before are in TIME-WAIT on this port.
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, at.address(), at.length) != 0) traffic::fail("bind", errno);
  if (listen(fd, kBacklog) != 0) traffic::fail("listen", errno);
  return fd;
}

class Server {
 public:
  Server(int listener, bool answer) : listener_(listener), answer_(answer) {
    if (epoll_ < 0) traffic::fail("epoll_create1", errno);
    watch(listener_, EPOLLIN);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 256> events;
    for (;;) {
      const int ready = epoll_wait(epoll_, events.data(), events.size(), -1);
      for (int i = 0; i < ready; i++) {
        const int fd = events[i].data.fd;
        if (fd == listener_) {
          accept_some();
        } else {
          converse(fd);
        }
      }
    }
  }

 private:
  void watch(int fd, uint32_t what) {
    epoll_event event{.events = what, .data = {.fd = fd}};
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) traffic::fail("epoll_ctl", errno);
  }

  void accept_some() {
    for (int i = 0; i < kAcceptsPerTurn; i++) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      if (!answer_) {
        close(fd);
      } else if (!converse(fd)) {
        watch(fd, EPOLLIN | EPOLLET);
      }
    }
  }

  /** False: the request is still to come. */
  bool converse(int fd) {
    char byte = 0;
    const ssize_t received = recv(fd, &byte, sizeof byte, 0);
    if (received < 0 && errno == EAGAIN) return false;
    if (received > 0) send(fd, &byte, sizeof byte, MSG_NOSIGNAL);
    close(fd);
    return true;
  }

  int epoll_ = epoll_create1(EPOLL_CLOEXEC);
  int listener_;
  bool answer_;
};

}  // namespace

void serve(const Endpoint& at, bool answer) {
  Server server(listen_at(at), answer);
  std::puts(R"({"listening": true})");
  std::fflush(stdout);
  server.run();
}

}  // namespace connections
