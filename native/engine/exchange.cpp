#include "engine/exchange.hpp"

#include <bit>

namespace millrace {

Exchange::Exchange(std::uint32_t workers, std::uint32_t frames_per_worker)
    : workers_(workers), frames_per_worker_(frames_per_worker) {
  // A worker can hold every frame of another one, and each must find room on its way home.
  for (std::uint32_t from = 0; from < workers; ++from)
    for (std::uint32_t to = 0; to < workers; ++to)
      pairs_.push_back(from == to
                           ? nullptr
                           : std::make_unique<Pair>(kHandoffs, std::bit_ceil(frames_per_worker)));
  for (std::uint32_t i = 0; i < workers; ++i) bells_.push_back(std::make_unique<Bell>());
}

bool Exchange::is_quiet(std::uint32_t worker) {
  for (std::uint32_t from = 0; from < workers_; ++from) {
    if (from == worker) continue;
    if (!packets(from, worker).empty() || !homebound(from, worker).empty()) return false;
  }
  return true;
}

}  // namespace millrace
