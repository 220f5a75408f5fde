#pragma once
// The program and the memory by which one worker sends live frames; see bpf/live_transmit.h.
// Nothing of it outlives the process: the namespace that keeps the program ready has no name.
#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "bpf/live_transmit.h"
#include "engine/flow_lane.hpp"
#include "engine/unique_fd.hpp"

struct live_transmit;

namespace millrace {

// The devices that live frames may leave by, of all workers.
class LiveDevices {
 public:
  // Throws std::system_error.
  LiveDevices();
  int fd() const { return fd_.get(); }
  // Throws std::system_error.
  void add(std::uint16_t port, int ifindex);
  void remove(std::uint16_t port);

 private:
  UniqueFd fd_;
};

class LiveProgram {
 public:
  // Proves that the kernel runs it. Throws std::system_error: what is missing.
  explicit LiveProgram(const LiveDevices& devices);
  ~LiveProgram();
  LiveProgram(const LiveProgram&) = delete;
  LiveProgram& operator=(const LiveProgram&) = delete;

  // In which the frames of the next call are described, from the first place on.
  millrace_live& batch() { return *static_cast<millrace_live*>(memory_->data()); }
  // Sends the first count frames, none of them longer than longest. One system call unless a signal
  // interrupts it. Returns 0 or the errno that ended it; batch() says how far it came.
  int send(std::uint32_t count, std::uint32_t longest);

 private:
  void load(const LiveDevices& devices);
  void keep_ready();
  int run(std::uint32_t count, std::uint32_t longest);

  std::unique_ptr<live_transmit, void (*)(live_transmit*)> skeleton_;
  std::unique_ptr<MapMemory> memory_;
  UniqueFd netns_;
  UniqueFd link_;
  int program_ = -1;
};

}  // namespace millrace
