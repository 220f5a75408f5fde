#pragma once
// Devices that have changed since somebody last looked, left by the mirror's thread for the control
// thread.
#include <cstdint>
#include <mutex>
#include <set>
#include <utility>

namespace millrace {

class DeviceChanges {
 public:
  // 0: any of them may have changed.
  void add(std::int32_t ifindex) {
    const std::lock_guard lock(mutex_);
    changed_.insert(ifindex);
  }
  std::set<std::int32_t> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(changed_, {});
  }

 private:
  std::mutex mutex_;
  std::set<std::int32_t> changed_;
};

}  // namespace millrace
