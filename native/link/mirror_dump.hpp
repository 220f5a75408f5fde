#pragma once
// Reads everything from the kernel into a new image. Each part is read again until the kernel calls
// it consistent.
#include <functional>
#include <set>

#include "link/mirror_image.hpp"
#include "link/mirror_socket.hpp"

namespace millrace {

class MirrorDump {
 public:
  // meanwhile: called between datagrams; false gives up. The number it returns counts removals of
  // IPv6 routes that events have told of: these shift the kernel's place in its tree, so that a
  // dump misses routes without saying so.
  struct Hooks {
    std::function<bool()> meanwhile;
    std::function<std::uint64_t()> ip6_removals;
  };
  MirrorDump(MirrorSocket& socket, const std::set<std::uint32_t>& tables, Hooks hooks)
      : socket_(socket), tables_(tables), hooks_(std::move(hooks)) {}

  // False when given up. Throws std::system_error.
  bool read(MirrorImage& image);
  // Some part never came out consistent: read again later.
  bool doubtful() const { return doubtful_; }

 private:
  bool read_part(const std::function<void()>& clear,
                 const std::function<MirrorSocket::Dumped()>& dump);
  MirrorSocket::Dumped dump(MirrorImage& image, std::uint16_t type, std::uint8_t family);
  MirrorSocket::Dumped dump_routes(MirrorImage& image, std::uint8_t family);
  MirrorSocket::Dumped dump_table(MirrorImage& image, std::uint8_t family, std::uint32_t table);
  MirrorSocket::Dumped dump_routes6(MirrorImage& image);

  MirrorSocket& socket_;
  const std::set<std::uint32_t> tables_;  // a copy: the hooks may change the mirror's
  const Hooks hooks_;
  bool doubtful_ = false;
};

}  // namespace millrace
