#pragma once
#include "endpoint.hpp"

namespace connections {

/**
 * Accepts connections until the process ends. Prints {"listening": true} when it is ready.
 * @param answer reads a byte, answers one and closes; else closes at once
 * @throws std::runtime_error when it cannot listen
 */
[[noreturn]] void serve(const Endpoint& at, bool answer);

}  // namespace connections
