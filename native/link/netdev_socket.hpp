#pragma once
// Requests about links, with all that the kernel says about a refusal: libnl has error numbers of
// its own, fewer than errno, and leaves the kernel's words out.
#include <functional>
#include <string>

#include "engine/unique_fd.hpp"
#include "link/netdev_message.hpp"

namespace millrace {

class NetdevSocket {
 public:
  using Visit = std::function<void(const nlmsghdr*)>;

  // netns: a path, "" for ours. Any thread may use it afterwards. Throws std::system_error: ENOENT
  // when there is no such namespace.
  explicit NetdevSocket(const std::string& netns);

  // Waits until the kernel has done it and visits the messages it answers with, of any length.
  // Throws std::system_error with the kernel's errno; its words, if any, stand behind `what`.
  void ask(NetdevMessage& request, const std::string& what, const Visit& visit = {});

 private:
  bool read_answers(const std::string& what, const Visit& visit);
  std::size_t next_length(const std::string& what) const;

  UniqueFd fd_;
  std::uint32_t sequence_ = 0;
};

}  // namespace millrace
