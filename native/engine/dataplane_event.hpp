#pragma once
// What the dataplane tells by itself; DataplaneEvent in src/dataplane/native/events.ts.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace millrace {

struct DataplaneEvent {
  std::string name;  // "link", "mac-moved", "mac-limit", "resync", "kernel-fdb"
  std::vector<std::pair<const char*, double>> numbers;
  std::vector<std::pair<const char*, std::string>> texts;
};

}  // namespace millrace
