#pragma once
// One call to the agent over its unix socket.
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <string_view>

#include "http.hpp"
#include "io.hpp"
#include "json_write.hpp"

namespace millrace {

constexpr std::size_t kMaxSocketPath = sizeof(sockaddr_un::sun_path) - 1;
constexpr std::size_t kMaxReply = 1UL << 20;

// False with errno set. An agent that is away fails at once; only a full accept queue is waited
// for.
inline bool connect_to(const Descriptor& socket, std::string_view path, const Deadline& deadline) {
  constexpr int kRetryMilliseconds = 5;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  const auto* target = reinterpret_cast<const sockaddr*>(&address);
  while (::connect(socket.fd(), target, sizeof(address)) < 0) {
    if (errno != EAGAIN && errno != EINTR) return false;
    if (deadline.left() == 0) {
      errno = ETIMEDOUT;
      return false;
    }
    ::poll(nullptr, 0, kRetryMilliseconds);
  }
  return true;
}

// Counts what would be sent: Content-Length comes before the body, which is never held in memory.
struct LengthSink {
  std::size_t length = 0;
  void append(std::string_view text) { length += text.size(); }
};

class DescriptorSink {
 public:
  DescriptorSink(int fd, const Deadline& deadline) : fd_(fd), deadline_(deadline) {}

  void append(std::string_view text) {
    pending_.append(text);
    if (pending_.size() >= kFlushAt) flush();
  }
  // False with errno set once anything could not be sent.
  bool flush() {
    ok_ = ok_ && write_all(fd_, pending_.view(), deadline_);
    pending_.clear();
    return ok_;
  }

 private:
  static constexpr std::size_t kFlushAt = 32768;
  int fd_;
  const Deadline& deadline_;
  Buffer pending_;
  bool ok_ = true;
};

// {"env":{"CNI_COMMAND":"ADD",...},"config":"<stdin>"}; variables that are not set are left out.
// `more` is further members of the outer object, each after a comma.
template <typename Sink, std::size_t N>
void write_call(Sink& sink, const std::string_view (&names)[N], std::string_view config,
                std::string_view more = {}) {
  const char* separator = "{\"env\":{";
  for (const std::string_view name : names) {
    const char* value = std::getenv(name.data());
    if (value == nullptr) continue;
    sink.append(separator);
    write_json_string(sink, name);
    sink.append(":");
    write_json_string(sink, value);
    separator = ",";
  }
  sink.append("},\"config\":");
  write_json_string(sink, config);
  sink.append(more);
  sink.append("}");
}

template <std::size_t N>
bool send_call(int fd, const std::string_view (&names)[N], std::string_view config,
               const Deadline& deadline) {
  LengthSink body;
  write_call(body, names, config);
  Buffer head;
  head.append("POST /cni HTTP/1.1\r\nHost: millrace\r\nContent-Type: application/json\r\n");
  head.append("Connection: close\r\nContent-Length: ").append_number(body.length);
  head.append("\r\n\r\n");
  DescriptorSink sink(fd, deadline);
  sink.append(head.view());
  write_call(sink, names, config);
  return sink.flush();
}

enum class Receive { complete, malformed, too_large, failed };

// Reads until the answer is complete, so that an agent that keeps the connection open costs
// nothing.
inline Receive receive_reply(int fd, Reply& reply, const Deadline& deadline) {
  Buffer raw;
  for (;;) {
    const ssize_t n = read_some(fd, raw, deadline);
    if (n < 0) return Receive::failed;
    switch (parse_reply(raw.view(), n == 0, reply)) {
      case Parse::complete:
        return Receive::complete;
      case Parse::malformed:
        return Receive::malformed;
      case Parse::incomplete:
        if (raw.size() > kMaxReply) return Receive::too_large;
    }
  }
}

}  // namespace millrace
