#pragma once
// What other threads ask of the mirror's thread.
#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include "engine/unique_fd.hpp"

namespace millrace {

struct MirrorProbe {
  std::int32_t ifindex = 0;
  bool ip6 = false;
  std::array<std::uint8_t, 16> address{};
};

class MirrorRequests {
 public:
  struct Taken {
    bool stop = false;
    std::optional<std::set<std::uint32_t>> tables;
    std::vector<MirrorProbe> probes;
    std::uint64_t probes_dropped = 0;  // in total
  };

  MirrorRequests();  // throws std::system_error
  int fd() const { return event_.get(); }
  void stop();
  void set_tables(std::set<std::uint32_t> tables);
  void probe(const MirrorProbe& probe);
  // Everything asked for since the last call; a stop stays.
  Taken take();

 private:
  void wake() const;

  UniqueFd event_;
  std::mutex mutex_;
  Taken waiting_;
};

}  // namespace millrace
