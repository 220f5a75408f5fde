// Frames taken from a worker's pool and given back, a burst at a time.
#include "engine/frame_pool.hpp"

#include <array>

#include "native/case.hpp"

namespace millrace::bench {

namespace {

struct TakePut {
  void run() {
    for (std::uint32_t& frame : frames) frame = pool.take();
    use(frames);
    for (const std::uint32_t frame : frames) pool.put(frame);
    use(pool.available());
  }
  FramePool pool{4096};
  std::array<std::uint32_t, kOperations> frames{};
};

}  // namespace

std::vector<Case> frame_pool_cases() {
  return {{"native-frame-pool-take-put", kOperations, prepare<TakePut>()}};
}

}  // namespace millrace::bench
