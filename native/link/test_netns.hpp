#pragma once
// A network namespace for one test. It lives on a thread of its own and has no name, so it is gone
// with the test however that ends.
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <future>
#include <string>
#include <thread>

namespace millrace {

class TestNetns {
 public:
  // What is missing to make one; "" when nothing is.
  static std::string missing() {
    std::string reason;
    std::thread([&] {
      if (::unshare(CLONE_NEWNET) != 0) reason = "needs CAP_SYS_ADMIN for a network namespace";
    }).join();
    return reason;
  }

  TestNetns() {
    std::promise<std::string> path;
    auto made = path.get_future();
    thread_ = std::thread([this, &path] {
      const bool ok = ::unshare(CLONE_NEWNET) == 0;
      path.set_value(ok ? "/proc/self/task/" + std::to_string(::gettid()) + "/ns/net" : "");
      done_.get_future().wait();
    });
    path_ = made.get();
  }
  ~TestNetns() {
    done_.set_value();
    thread_.join();
  }
  TestNetns(const TestNetns&) = delete;
  TestNetns& operator=(const TestNetns&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::promise<void> done_;
  std::thread thread_;
  std::string path_;
};

}  // namespace millrace
