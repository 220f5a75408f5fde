#pragma once
// Reading and writing file descriptors against one deadline, so that neither the runtime nor the
// agent can make a call hang.
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <string_view>

#include "buffer.hpp"

namespace millrace {

// Microseconds of the monotonic clock, which every process of the machine reads alike.
inline unsigned long monotonic_now() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<unsigned long>(time.tv_sec) * 1000000 +
         static_cast<unsigned long>(time.tv_nsec) / 1000;
}

// Closes a file descriptor that it owns; below 0 it owns none.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { reset(-1); }

  int fd() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

  // Closes what it owns, and owns another.
  void reset(int fd) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
  }

 private:
  int fd_;
};

// A point of the monotonic clock: stepping the wall clock must not end or extend a call.
class Deadline {
 public:
  explicit Deadline(long milliseconds) : end_(now() + milliseconds) {}

  // Milliseconds left, 0 when it has passed.
  int left() const {
    const long left = end_ - now();
    return left > 0 ? static_cast<int>(left) : 0;
  }

 private:
  static long now() { return static_cast<long>(monotonic_now() / 1000); }

  long end_;
};

// False with errno set, ETIMEDOUT when the deadline passed first.
inline bool wait_for(int fd, short events, const Deadline& deadline) {
  for (;;) {
    pollfd entry{fd, events, 0};
    const int left = deadline.left();
    const int ready = left > 0 ? ::poll(&entry, 1, left) : 0;
    if (ready > 0) return true;
    if (ready == 0) {
      errno = ETIMEDOUT;
      return false;
    }
    if (errno != EINTR) return false;
  }
}

inline bool is_transient(int error) {
  return error == EINTR || error == EAGAIN || error == EWOULDBLOCK;
}

// Appends what one read returns: the number of bytes, 0 at the end, -1 with errno set.
inline ssize_t read_some(int fd, Buffer& out, const Deadline& deadline) {
  constexpr std::size_t kChunk = 16384;
  for (;;) {
    if (!wait_for(fd, POLLIN, deadline)) return -1;
    const ssize_t n = ::read(fd, out.space(kChunk), kChunk);
    if (n < 0 && is_transient(errno)) continue;
    if (n > 0) out.grow(static_cast<std::size_t>(n));
    return n;
  }
}

enum class ReadResult { complete, too_large, failed };

inline ReadResult read_all(int fd, Buffer& out, std::size_t limit, const Deadline& deadline) {
  for (;;) {
    const ssize_t n = read_some(fd, out, deadline);
    if (n < 0) return ReadResult::failed;
    if (n == 0) return ReadResult::complete;
    if (out.size() > limit) return ReadResult::too_large;
  }
}

// False with errno set. SIGPIPE must be ignored by the caller's process.
inline bool write_all(int fd, std::string_view text, const Deadline& deadline) {
  while (!text.empty()) {
    if (!wait_for(fd, POLLOUT, deadline)) return false;
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && is_transient(errno)) continue;
    if (n < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

}  // namespace millrace
