#include "link/netns.hpp"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>

#include <exception>
#include <thread>

#include "engine/errors.hpp"

namespace millrace {

UniqueFd open_netns(const std::string& path) {
  const std::string& real = path.empty() ? "/proc/self/ns/net" : path;
  UniqueFd fd(::open(real.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) throw_errno("network namespace " + path);
  if (::ioctl(fd.get(), NS_GET_NSTYPE) != CLONE_NEWNET)
    throw_errno("network namespace " + path + ": not a network namespace", EINVAL);
  return fd;
}

void in_netns(const std::string& path, const std::function<void()>& work) {
  if (path.empty()) return work();
  const UniqueFd fd = open_netns(path);
  std::exception_ptr failure;
  std::thread([&] {
    try {
      if (::setns(fd.get(), CLONE_NEWNET) != 0) throw_errno("enter network namespace " + path);
      work();
    } catch (...) {
      failure = std::current_exception();
    }
  }).join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace millrace
