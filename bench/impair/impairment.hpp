#pragma once
// The faults themselves, apart from how frames come and go. Each frame passes them in this order:
// loss, duplication, reordering, delay, capacity.
#include <cstdint>
#include <deque>

#include "faults.hpp"
#include "frames.hpp"

namespace impair {

class Impairment {
 public:
  Impairment(const Faults& faults, Frames& frames);

  /** Takes a frame in: it is dropped, held back or given a time to leave. */
  void accept(const Frame& frame);

  /** Lets go of what is held back for followers that did not come; what none overtook is in order.
   */
  void release_held(std::uint64_t now);

  /** The frame to send next, null while none is due at `now`. */
  const Frame* due(std::uint64_t now) const;
  /** It was sent. */
  void sent();

  /** Frames inside. */
  std::size_t queued() const { return held_.size() + leaving_.size(); }

  Counters counters;

 private:
  struct Held {
    Frame frame;
    std::uint64_t until;  // this many have passed
    bool twice;
  };
  struct Leaving {
    Frame frame;
    std::uint64_t due;
  };

  void pass(const Frame& frame, bool twice);
  void leave(const Frame& frame);
  bool serve(double& due);
  void decrement_ttl(const Frame& frame) const;

  const Faults faults_;
  const double service_;  // nanoseconds per frame of a device of limited capacity
  Frames& frames_;
  std::uint64_t seen_ = 0;    // counters may be reset in between
  std::uint64_t passed_ = 0;  // without those that were held back
  double last_due_ = 0;
  double busy_until_ = 0;
  std::deque<Held> held_;
  std::deque<Leaving> leaving_;
};

}  // namespace impair
