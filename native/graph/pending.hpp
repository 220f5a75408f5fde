#pragma once
// Packets that wait for the link-layer address of their next hop (RFC 1122 2.3.2.2: at least the
// latest one should be kept). Bounded: a few per next hop, and a number in all.
#include <array>
#include <cstdint>

#include "engine/packet.hpp"
#include "graph/clock.hpp"

namespace millrace {

struct WaitingPacket : Packet {
  std::uint64_t until_ns = 0;
  std::uint64_t probed_ns = 0;  // when the kernel was asked last; 0: never
  std::uint16_t port = 0;       // the neighbour is behind it
  Ip6 next_hop{};
};

class Pending {
 public:
  static constexpr std::uint32_t kCapacity = 128;
  static constexpr std::uint32_t kPerNeighbour = 8;
  // As long as the kernel takes to give up: three probes, a second apart.
  static constexpr std::uint64_t kPatienceNs = 3'000'000'000;
  // A probe that was asked for and brought nothing is asked for again.
  static constexpr std::uint64_t kProbeIntervalNs = kSecondNs;

  std::uint32_t size() const { return size_; }
  bool full() const { return size_ == kCapacity; }
  WaitingPacket* begin() { return items_.data(); }
  WaitingPacket* end() { return items_.data() + size_; }

  void push(const WaitingPacket& waiting) { items_[size_++] = waiting; }
  // Keeps the first so many.
  void shrink(std::uint32_t size) { size_ = size; }

 private:
  std::array<WaitingPacket, kCapacity> items_;
  std::uint32_t size_ = 0;
};

}  // namespace millrace
