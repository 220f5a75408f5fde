#pragma once
// A netdev queue bound to AF_XDP. On veth the kernel's transmit path is the cost (an skb per frame,
// the receiver's softirq inside sendto), so what counts here is to send whole batches per kick.
#include <atomic>
#include <memory>

#include "engine/counters.hpp"
#include "engine/frame_pool.hpp"
#include "engine/live_transmit.hpp"
#include "engine/port.hpp"
#include "engine/umem.hpp"
#include "engine/xsk_socket.hpp"

namespace millrace {

constexpr std::uint32_t kQueuesPerPort = 16;
constexpr std::uint16_t lane_of(std::uint16_t port, std::uint32_t queue) {
  return static_cast<std::uint16_t>(port * kQueuesPerPort + queue);
}
static_assert(kMaxPorts * kQueuesPerPort <= kNoOwner);

enum class TxChecksum : std::uint8_t { kMetadata, kSoftware };

// Why the worker itself has ended live-frame transmit of a port: the device takes no frames any
// more, its receiver keeps them, or the kernel has refused the call.
enum class LiveEnd : std::uint8_t { kNone, kRefused, kFailed, kHeld };

class XskPort final : public Port {
 public:
  struct Tuning {
    std::uint32_t fill;       // upper bound of frames lent to the FILL ring
    std::uint32_t tx_budget;  // XDP_MAX_TX_SKB_BUDGET
    bool busy_poll;
    std::uint32_t busy_poll_usecs;
    std::uint32_t busy_poll_budget;
  };

  XskPort(const PortConfig& port_config, std::uint32_t queue_index, int port_ifindex, Umem& umem,
          std::unique_ptr<XskSocket> socket, TxChecksum tx_checksum, const Tuning& tuning);

  // To whom the queue belongs: before a worker polls it, and when it moves to another one.
  void assign(FramePool& pool, CounterBlock& counters) {
    pool_ = &pool;
    counters_ = &counters;
  }

  std::uint32_t receive(Packet* packets, std::uint32_t max) override;
  std::uint32_t transmit(Packet* const* packets, std::uint32_t count) override;
  bool flush() override;
  // Nothing tells the receiver of a live frame that it need not verify a checksum.
  bool completes_checksums() const override {
    return live_ == nullptr && tx_checksum_ == TxChecksum::kMetadata;
  }
  int poll_fd() const override { return socket_->fd(); }
  bool settled() const override { return in_flight_ == 0 && live_waiting == 0; }
  // What becomes of a live frame is known after transmit().
  bool counts_transmits() const override { return live_ == nullptr; }

  // Live-frame transmit; see live_transmit.hpp. longest: bytes of a frame that the device takes.
  // always: also when the TX ring would be cheaper.
  struct Live {
    std::uint32_t longest;
    bool always;
  };
  // Only in a round's pause of the worker that has the queue: frames leave by `live` from now on,
  // as soon as the TX ring is empty.
  void begin_live(LiveTransmit& live, const Live& how);
  // The worker: by the TX ring again. What waits is not touched.
  void end_live(LiveEnd why);
  bool is_live() const { return is_live_.load(std::memory_order_relaxed); }
  LiveEnd live_end() const { return live_end_.load(std::memory_order_relaxed); }
  const Live& live() const { return how_; }

  // For LiveTransmit: frames of this port that it has, and how far it has judged them.
  std::uint32_t live_waiting = 0;
  std::uint32_t live_judged = 0;
  void count_live(std::uint32_t packets, std::uint64_t bytes);
  void count_lost() { counters_->drop(DropReason::kTxRingFull); }
  void count_kick() { counters_->add(kTxKicks, 1); }
  // By the TX ring, whatever else the port does; a full one is the end of the frame.
  void send_by_ring(const Packet& packet);

  XskSocket& socket() { return *socket_; }

  const std::uint32_t queue;
  const int ifindex;
  // Whose frames are marked with lane: one queue of one port.
  const std::uint16_t lane;

  // Frames the FILL ring starts with; more are lent while there is traffic.
  static constexpr std::uint32_t kBaseFill = 64;

 private:
  std::uint32_t receive_packets(Packet* packets, std::uint32_t max, std::uint32_t first,
                                std::uint32_t available, std::uint32_t& used);
  std::uint32_t transmit_by_ring(Packet* const* packets, std::uint32_t count);
  void transmit_live(Packet* packet);
  void describe(xdp_desc& descriptor, const Packet& packet) const;
  std::uint32_t put_into_ring(const Packet& packet, std::uint32_t index);
  void kick();
  void reap();
  void refill();
  void adapt_fill(std::uint32_t received);

  Umem& umem_;
  FramePool* pool_ = nullptr;
  CounterBlock* counters_ = nullptr;
  std::unique_ptr<XskSocket> socket_;
  const TxChecksum tx_checksum_;
  const std::uint32_t max_fill_;
  std::uint32_t fill_target_ = kBaseFill;
  std::uint32_t rounds_ = 0;     // since the traffic was judged last
  std::uint32_t recent_ = 0;     // frames received in them
  std::uint32_t in_flight_ = 0;  // frames in the TX and COMPLETION rings, and between them
  bool tx_waiting_ = false;
  bool tx_down_ = false;
  LiveTransmit* live_ = nullptr;
  Live how_{};
  std::atomic<bool> is_live_{false};
  std::atomic<LiveEnd> live_end_{LiveEnd::kNone};
  const bool busy_poll_;
};

}  // namespace millrace
