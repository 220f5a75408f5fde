#pragma once
// A netdev queue bound to AF_XDP. On veth the kernel's transmit path is the cost (an skb per frame,
// the receiver's softirq inside sendto), so what counts here is to send whole batches per kick.
#include <memory>

#include "engine/frame_pool.hpp"
#include "engine/port.hpp"
#include "engine/umem.hpp"
#include "engine/xsk_socket.hpp"

namespace millrace {

enum class TxChecksum : std::uint8_t { kMetadata, kSoftware };

class XskPort final : public Port {
 public:
  struct Tuning {
    std::uint32_t fill;       // upper bound of frames lent to the FILL ring
    std::uint32_t tx_budget;  // XDP_MAX_TX_SKB_BUDGET
    bool busy_poll;
    std::uint32_t busy_poll_usecs;
    std::uint32_t busy_poll_budget;
  };

  XskPort(const PortConfig& port_config, Umem& umem, FramePool& pool,
          std::unique_ptr<XskSocket> socket, TxChecksum tx_checksum, const Tuning& tuning);

  std::uint32_t receive(Packet* packets, std::uint32_t max) override;
  std::uint32_t transmit(Packet* const* packets, std::uint32_t count) override;
  bool flush() override;
  bool completes_checksums() const override { return tx_checksum_ == TxChecksum::kMetadata; }
  int poll_fd() const override { return socket_->fd(); }

  XskSocket& socket() { return *socket_; }
  void describe(xdp_desc& descriptor, const Packet& packet) const;

  // Frames the FILL ring starts with; more are lent while there is traffic.
  static constexpr std::uint32_t kBaseFill = 64;

 private:
  void kick();
  void reap();
  void refill();
  void adapt_fill(bool busy);

  Umem& umem_;
  FramePool& pool_;
  std::unique_ptr<XskSocket> socket_;
  const TxChecksum tx_checksum_;
  const std::uint32_t max_fill_;
  std::uint32_t fill_target_ = kBaseFill;
  std::uint32_t quiet_rounds_ = 0;
  bool tx_waiting_ = false;
  bool tx_down_ = false;
  const bool busy_poll_;
};

}  // namespace millrace
