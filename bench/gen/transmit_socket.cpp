#include "transmit_socket.hpp"

#include <net/if.h>
#include <sys/socket.h>

#include <system_error>

#include "engine/errors.hpp"
#include "engine/xdp_uapi.hpp"

namespace gen {
namespace {

constexpr uint32_t kFrames = 8192;
constexpr uint32_t kRing = 4096;

}  // namespace

TransmitSocket::TransmitSocket(const std::string& ifname, uint32_t longest, uint32_t batch)
    : umem_(kFrames, longest > 2048 ? 4096 : 2048, millrace::Hugepages::kAuto) {
  try {
    socket_ = open(ifname, true);
  } catch (const std::system_error&) {
    zero_copy_ = false;
    socket_ = open(ifname, false);
  }
  // Linux before 6.17 has no such option and sends 32 per kick.
  const int budget = static_cast<int>(batch);
  (void)::setsockopt(socket_->fd(), SOL_XDP, millrace::uapi::kMaxTxSkbBudget, &budget,
                     sizeof budget);
  // Last in, first out: in copy mode the same few frames, hot in the cache, are sent again.
  for (uint32_t i = kFrames; i-- > 0;) free_.push_back(umem_.frame_address(i));
}

std::unique_ptr<millrace::XskSocket> TransmitSocket::open(const std::string& ifname,
                                                          bool zero_copy) {
  const unsigned index = if_nametoindex(ifname.c_str());
  if (index == 0) millrace::throw_errno("interface " + ifname);
  return std::make_unique<millrace::XskSocket>(
      umem_, millrace::XskSocket::Options{.ifname = ifname,
                                          .ifindex = static_cast<int>(index),
                                          .queue = 0,
                                          .ring_size = kRing,
                                          .zero_copy = zero_copy,
                                          .multi_buffer = false,
                                          .tx_metadata = false,
                                          .shared_with = -1});
}

void TransmitSocket::kick() {
  if (xsk_ring_prod__needs_wakeup(&socket_->tx) != 0)
    (void)::sendto(socket_->fd(), nullptr, 0, MSG_DONTWAIT, nullptr, 0);
}

uint32_t TransmitSocket::waiting() const {
  return socket_->tx.cached_prod - __atomic_load_n(socket_->tx.consumer, __ATOMIC_ACQUIRE);
}

void TransmitSocket::reclaim() {
  uint32_t at = 0;
  const uint32_t done = xsk_ring_cons__peek(&socket_->completion, kRing, &at);
  for (uint32_t i = 0; i < done; i++)
    free_.push_back(*xsk_ring_cons__comp_addr(&socket_->completion, at + i));
  if (done > 0) xsk_ring_cons__release(&socket_->completion, done);
}

}  // namespace gen
