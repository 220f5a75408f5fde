#pragma once
// A netlink socket of the mirror: many datagrams per system call, dumps, and the loss of messages
// as a result rather than an error.
#include <linux/netlink.h>
#include <sys/socket.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/unique_fd.hpp"

namespace millrace {

class MirrorSocket {
 public:
  using Visit = std::function<void(const nlmsghdr*)>;

  // In the namespace of the calling thread; stays there. receive_buffer: bytes, 0 for the default.
  // Throws std::system_error.
  MirrorSocket(int protocol, std::size_t receive_buffer);

  int fd() const { return fd_.get(); }
  void join(unsigned group);
  // Dumps obey the filters in their request (Linux 4.20). Throws std::system_error.
  void check_requests_strictly();
  // Best effort: what the kernel does not take is lost.
  void send(const nlmsghdr* message);

  // What is there, without waiting; visits each message. kLost: the kernel had to drop messages.
  enum class Received { kNothing, kMessages, kLost };
  Received receive(const Visit& visit);

  // Sends the request and visits the answers; meanwhile() is called between them, and ends the dump
  // by returning false. kChanged: the kernel says that the answer is inconsistent. A table that
  // does not exist is empty. Throws std::system_error for other refusals.
  enum class Dumped { kDone, kChanged, kStopped };
  Dumped dump(nlmsghdr* request, const Visit& visit, const std::function<bool()>& meanwhile);

 private:
  Received receive_datagrams(int flags, const Visit& visit);
  void wait() const;

  UniqueFd fd_;
  std::string name_;
  std::uint32_t sequence_ = 0;
  std::vector<char> buffer_;
  std::vector<sockaddr_nl> senders_;
  std::vector<iovec> parts_;
  std::vector<mmsghdr> datagrams_;
};

}  // namespace millrace
