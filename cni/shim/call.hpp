#pragma once
// One call as the runtime makes it: what it says, and how it is told that something is wrong.
#include <string_view>

#include "io.hpp"
#include "json_read.hpp"
#include "json_write.hpp"

namespace millrace {

using std::string_view;

constexpr string_view kNewestVersion = "1.1.0";
constexpr std::size_t kMaxConfig = 1UL << 20;
constexpr long kDefaultTimeout = 30000;
constexpr long kMaxTimeout = 3600000;
// For calls that are answered whatever the configuration says: a runtime writes it at once, and a
// person who runs the executable in a terminal does not wait.
constexpr long kGrace = 200;

// Error codes of the CNI spec, section 5 (Error).
constexpr int kInvalidEnvironment = 4;
constexpr int kIoFailure = 5;
constexpr int kInvalidConfig = 7;
constexpr int kTryAgainLater = 11;
constexpr int kNotAvailable = 50;

struct Call {
  string_view command;
  Buffer config;
  Buffer version;
  // When it began.
  unsigned long called;

  // STATUS has its own code for "cannot serve ADD now".
  int unreachable() const { return command == "STATUS" ? kNotAvailable : kTryAgainLater; }
};

// An empty variable counts as missing, as it does in the reference implementation.
inline string_view environment(string_view name) {
  const char* value = std::getenv(name.data());
  return value == nullptr ? string_view() : string_view(value);
}

inline const char* describe_errno() {
  const char* words = ::strerrordesc_np(errno);
  return words == nullptr ? "unknown error" : words;
}

inline bool print(string_view text) {
  return write_all(STDOUT_FILENO, text, Deadline(kDefaultTimeout));
}

[[noreturn]] inline void fail(const Call& call, int code, string_view message,
                              string_view details) {
  Buffer out;
  out.append("{\"cniVersion\":");
  write_json_string(out, call.version.empty() ? kNewestVersion : call.version.view());
  out.append(",\"code\":").append_number(static_cast<unsigned long>(code)).append(",\"msg\":");
  write_json_string(out, message);
  out.append(",\"details\":");
  write_json_string(out, details);
  out.append("}\n");
  print(out.view());
  std::_Exit(1);
}

// Keeps the version only when it looks like one: it is echoed in every error.
inline void find_version(Call& call) {
  constexpr std::size_t kLongest = 32;
  const bool found = find_string(call.config.view(), "cniVersion", call.version);
  const string_view text = call.version.view();
  const bool plain = text.find_first_not_of("0123456789.") == string_view::npos;
  if (!found || !plain || text.size() > kLongest) call.version.clear();
}

inline void read_config(Call& call, const Deadline& deadline) {
  const ReadResult result = read_all(STDIN_FILENO, call.config, kMaxConfig, deadline);
  find_version(call);
  if (result == ReadResult::too_large) {
    fail(call, kInvalidConfig, "the network configuration is too large",
         "stdin holds more than 1048576 bytes");
  }
  if (result == ReadResult::failed) {
    fail(call, kIoFailure, "the network configuration could not be read from stdin",
         describe_errno());
  }
}

inline void read_config_briefly(Call& call) {
  read_all(STDIN_FILENO, call.config, kMaxConfig, Deadline(kGrace));
  find_version(call);
}

}  // namespace millrace
