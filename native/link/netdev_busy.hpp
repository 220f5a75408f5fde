#pragma once
#include <cerrno>
#include <system_error>

namespace millrace {

// Does the work, and if a link that is up is too busy for it, once more while the link is down.
// Afterwards it is up again, whatever came of the work; what the work threw is thrown.
template <typename Work, typename SetUp>
void stopping_when_busy(bool up, Work work, SetUp set_up) {
  try {
    return work();
  } catch (const std::system_error& failure) {
    if (failure.code().value() != EBUSY || !up) throw;
  }
  set_up(false);
  try {
    work();
  } catch (...) {
    try {
      set_up(true);
    } catch (const std::system_error&) {  // the first failure is the one to know
    }
    throw;
  }
  set_up(true);
}

}  // namespace millrace
