#pragma once
#include <cerrno>
#include <string>
#include <system_error>

namespace millrace {

// `what` names the object and the action: "ifname mr0: bind AF_XDP socket".
[[noreturn]] inline void throw_errno(const std::string& what, int error = errno) {
  throw std::system_error(error, std::generic_category(), what);
}

}  // namespace millrace
