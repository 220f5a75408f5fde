#pragma once
// Wakes a thread that sleeps in poll() on an eventfd. Ringing costs a system call only while it
// sleeps, as with the kick of an AF_XDP ring.
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

#include "engine/errors.hpp"
#include "engine/unique_fd.hpp"

namespace millrace {

class Bell {
 public:
  // Throws std::system_error.
  Bell() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!fd_) throw_errno("create an event descriptor");
  }

  int fd() const { return fd_.get(); }
  // Any thread, after something was left where the sleeper will look. Pairs with lie_down(): either
  // we see that it sleeps, or it sees what we have left.
  void ring() {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (asleep_.load(std::memory_order_relaxed)) wake();
  }
  // Whatever the thread is doing.
  void wake() {
    const std::uint64_t one = 1;
    (void)!::write(fd_.get(), &one, sizeof(one));
  }

  // The sleeper. After lie_down() it looks once more for work, and then may poll().
  void lie_down() {
    asleep_.store(true, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }
  void get_up() { asleep_.store(false, std::memory_order_relaxed); }
  void clear() {
    std::uint64_t ignored;
    (void)!::read(fd_.get(), &ignored, sizeof(ignored));
  }

 private:
  std::atomic<bool> asleep_{false};
  UniqueFd fd_;
};

}  // namespace millrace
