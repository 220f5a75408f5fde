#pragma once
#include <csignal>
#include <cstdint>
#include <string>

#include "faults.hpp"
#include "frames.hpp"
#include "impairment.hpp"
#include "wires.hpp"

namespace impair {

/** Set by the handler of SIGTERM. */
extern volatile std::sig_atomic_t stop_requested;

/** Moves frames until it is asked to end; polls while there is traffic and sleeps without. */
class Forwarder {
 public:
  Forwarder(const Faults& faults, const std::string& in, const std::string& out);

  void run();

 private:
  void move(std::uint64_t now);
  void look_up(std::uint64_t now);
  void wait(int milliseconds);
  void answer();
  void print();

  Frames frames_;
  Wires wires_;
  Impairment impairment_;
  std::uint64_t missed_before_ = 0;  // the reset
  std::uint64_t heard_ = 0;          // when there were frames last
  std::uint64_t looked_ = 0;         // when the rest of the world was looked at last
  bool ended_ = false;
  std::string input_;
};

}  // namespace impair
