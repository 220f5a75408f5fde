#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "engine/unique_fd.hpp"
#include "engine/xsk_socket.hpp"
#include "frames.hpp"

struct impair_program;

namespace impair {

/** The two interfaces, queue 0 of each: in by one, out by the other. */
class Wires {
 public:
  /** @throws std::system_error when an interface is missing, or busy with another XDP program. */
  Wires(Frames& frames, const std::string& in, const std::string& out);
  ~Wires();
  Wires(const Wires&) = delete;
  Wires& operator=(const Wires&) = delete;

  /** What has arrived, as many as fit; returns how many. */
  std::size_t receive(std::span<Frame> frames);
  /** False while there is no room. */
  bool send(const Frame& frame);
  /** Has the kernel send, and gives it frames to receive into. */
  void flush();
  /** Frames that the kernel had to drop, because we were too slow or the receiver was. */
  std::uint64_t missed() const;
  /** Whether the kernel still holds frames that we have sent. */
  bool sending() const { return in_flight_ > 0; }
  int receive_fd() const { return in_->fd(); }

 private:
  void attach(int ifindex);
  void kick();
  void reap();
  void refill();

  Frames& frames_;
  std::unique_ptr<millrace::XskSocket> in_;
  std::unique_ptr<millrace::XskSocket> out_;
  std::unique_ptr<impair_program, void (*)(impair_program*)> program_;
  millrace::UniqueFd link_;
  std::uint32_t in_flight_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace impair
