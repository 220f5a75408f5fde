#pragma once
// The changes of one batch: first everything that can fail, undone as a whole when it does.
#include <vector>

#include "engine/routing.hpp"

namespace millrace {

class Routing::Batch {
 public:
  Batch(Routing& routing, Network& network) : routing_(routing), network_(network) {}
  ~Batch();
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  // Takes references to all that the new routes lead to.
  void prepare(const Outcome& outcome);
  void carry_out();
  // Lets go of what has been replaced. Cannot fail.
  void commit();

 private:
  void carry_out(Step& step);
  void undo(const Step& step);

  Routing& routing_;
  Network& network_;
  std::vector<Step> steps_;
  std::size_t done_ = 0;
  bool committed_ = false;
};

}  // namespace millrace
