#pragma once
// Network namespaces (network_namespaces(7)). setns() happens only on a thread made for it, so that
// no other thread ever sees a foreign namespace, whatever fails.
#include <functional>
#include <string>

#include "engine/unique_fd.hpp"

namespace millrace {

// Opens a namespace by path ("" for our own). Throws std::system_error: ENOENT when it is gone,
// EINVAL when the path is no network namespace.
UniqueFd open_netns(const std::string& path);

// Runs work inside the namespace and returns when it is done; what it throws is thrown here.
// Sockets opened by work stay in that namespace and may be used from any thread afterwards.
void in_netns(const std::string& path, const std::function<void()>& work);

}  // namespace millrace
