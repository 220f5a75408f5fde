#pragma once
#include <memory>
#include <string>
#include <vector>

#include "engine/umem.hpp"
#include "engine/xsk_socket.hpp"
#include "templates.hpp"

namespace gen {

/** A transmit-only AF_XDP socket on queue 0: zero-copy where the driver can, copy elsewhere. */
class TransmitSocket {
 public:
  /** @param longest bytes of a frame @param batch frames per kick; throws std::system_error */
  TransmitSocket(const std::string& ifname, uint32_t longest, uint32_t batch);

  const char* mode() const { return zero_copy_ ? "zero-copy" : "copy"; }

  /**
   * Queues up to `wanted` frames, as many as have room; `fill(data)` writes each and returns its
   * length. Returns how many.
   */
  template <class Fill>
  uint32_t queue(uint32_t wanted, Fill fill) {
    reclaim();
    uint32_t at = 0;
    if (free_.size() < wanted || xsk_ring_prod__reserve(&socket_->tx, wanted, &at) != wanted)
      return 0;
    for (uint32_t i = 0; i < wanted; i++) {
      const uint64_t address = free_.back();
      free_.pop_back();
      const uint32_t length = fill(umem_.base() + address);
      *xsk_ring_prod__tx_desc(&socket_->tx, at + i) = {address, length, 0};
    }
    xsk_ring_prod__submit(&socket_->tx, wanted);
    return wanted;
  }

  /** Lets the kernel send what is queued. */
  void kick();
  /** Frames that the kernel has not taken yet. */
  uint32_t waiting() const;
  /** Takes back the frames that were sent: the kernel takes nothing while their ring is full. */
  void reclaim();

 private:
  std::unique_ptr<millrace::XskSocket> open(const std::string& ifname, bool zero_copy);

  millrace::Umem umem_;
  bool zero_copy_ = true;
  std::unique_ptr<millrace::XskSocket> socket_;
  std::vector<uint64_t> free_;
};

}  // namespace gen
