#include "engine/routing_batch.hpp"

#include <stdexcept>

namespace millrace {

void Routing::Batch::prepare(const Outcome& outcome) {
  steps_.reserve(outcome.size());
  for (const auto& [key, change] : outcome) {
    const auto& [prefix, source] = key;
    steps_.push_back({prefix, source, std::nullopt, std::nullopt});
    if (change->op == ChangeOp::kDelete) continue;
    try {
      const auto now = network_.fib.find(prefix, source);
      const std::uint32_t before = now ? now->value : kNextHopNone;
      steps_.back().after = FibRoute{routing_.target_of(*change, before), {source}};
    } catch (const std::length_error& error) {
      throw std::length_error("route " + to_text(prefix) + ": " + error.what());
    }
  }
}

// New routes come before old ones go, so that a prefix that changes hands is never without.
void Routing::Batch::carry_out() {
  const auto deletions = std::stable_partition(
      steps_.begin(), steps_.end(), [](const Step& step) { return step.after.has_value(); });
  static_cast<void>(deletions);
  for (Step& step : steps_) {
    try {
      carry_out(step);
    } catch (const std::length_error& error) {
      throw std::length_error("route " + to_text(step.prefix) + ": " + error.what());
    }
    ++done_;
    routing_.changed();
  }
}

void Routing::Batch::carry_out(Step& step) {
  step.before = step.after ? network_.fib.put(step.prefix, *step.after)
                           : network_.fib.take(step.prefix, step.source);
}

void Routing::Batch::commit() {
  committed_ = true;
  for (const Step& step : steps_)
    if (step.before) routing_.next_hops_.release(step.before->value);
  for (const Step& step : steps_) routing_.revisit_neighbours(network_, step.prefix);
}

void Routing::Batch::undo(const Step& step) {
  if (step.before)
    network_.fib.put(step.prefix, *step.before);
  else
    network_.fib.take(step.prefix, step.source);
}

// What could not be carried out is undone in reverse. There is room for it: the same routes had
// room before, once what the batch has retired is free again.
Routing::Batch::~Batch() {
  if (committed_) return;
  routing_.publish_now();
  while (done_ > 0) undo(steps_[--done_]);
  for (const Step& step : steps_)
    if (step.after) routing_.next_hops_.release(step.after->value);
  routing_.publish_now();
}

}  // namespace millrace
