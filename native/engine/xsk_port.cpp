#include "engine/xsk_port.hpp"

#include <sys/socket.h>

#include <algorithm>

#include "engine/errors.hpp"
#include "engine/xdp_uapi.hpp"

namespace millrace {

namespace {

constexpr int kSoPreferBusyPoll = 69;
constexpr int kSoBusyPollBudget = 70;
// Frames in one burst that make a port busy.
constexpr std::uint32_t kBusyBurst = 16;
// Rounds without such a burst before the FILL ring may shrink again.
constexpr std::uint32_t kFillDecayRounds = 1 << 16;

void set_busy_poll(int fd, const XskPort::Tuning& tuning) {
  const int on = 1;
  if (::setsockopt(fd, SOL_SOCKET, kSoPreferBusyPoll, &on, sizeof(on)) != 0 ||
      ::setsockopt(fd, SOL_SOCKET, SO_BUSY_POLL, &tuning.busy_poll_usecs, sizeof(int)) != 0 ||
      ::setsockopt(fd, SOL_SOCKET, kSoBusyPollBudget, &tuning.busy_poll_budget, sizeof(int)) != 0)
    throw_errno("set busy polling");
}

}  // namespace

XskPort::XskPort(const PortConfig& port_config, Umem& umem, FramePool& pool,
                 std::unique_ptr<XskSocket> socket, TxChecksum tx_checksum, const Tuning& tuning)
    : Port(port_config),
      umem_(umem),
      pool_(pool),
      socket_(std::move(socket)),
      tx_checksum_(tx_checksum),
      max_fill_(std::clamp(tuning.fill, kBaseFill, socket_->fill.size)),
      busy_poll_(tuning.busy_poll) {
  // Linux before 6.17 has no such option and sends 32 per kick; that costs speed, nothing else.
  const auto budget = static_cast<int>(tuning.tx_budget);
  (void)::setsockopt(socket_->fd(), SOL_XDP, uapi::kMaxTxSkbBudget, &budget, sizeof(budget));
  if (busy_poll_) set_busy_poll(socket_->fd(), tuning);
}

std::uint32_t XskPort::receive(Packet* packets, std::uint32_t max) {
  if (busy_poll_) (void)::recvfrom(socket_->fd(), nullptr, 0, MSG_DONTWAIT, nullptr, nullptr);
  xsk_ring_cons& ring = socket_->rx;
  std::uint32_t index;
  const std::uint32_t n = xsk_ring_cons__peek(&ring, max, &index);
  for (std::uint32_t i = 0; i < n; ++i) {
    const xdp_desc* descriptor = xsk_ring_cons__rx_desc(&ring, index + i);
    Packet& packet = packets[i] = Packet{};
    packet.data = umem_.base() + descriptor->addr;
    packet.length = descriptor->len;
    packet.frame = umem_.frame_of(descriptor->addr);
    pool_.take_back(packet.frame);
  }
  if (n != 0) xsk_ring_cons__release(&ring, n);
  adapt_fill(n >= kBusyBurst);
  return n;
}

// A port with traffic gets more frames to receive into, enough to ride out the milliseconds in
// which another thread has our core; a quiet one gives them back as they are used up. A hundred
// idle pods must not hold the whole UMEM.
void XskPort::adapt_fill(bool busy) {
  if (busy) {
    fill_target_ = max_fill_;
    quiet_rounds_ = 0;
  } else if (++quiet_rounds_ == kFillDecayRounds) {
    fill_target_ = std::max(fill_target_ / 2, kBaseFill);
    quiet_rounds_ = 0;
  }
}

void XskPort::describe(xdp_desc& descriptor, const Packet& packet) const {
  descriptor.addr = umem_.address_of(packet.data);
  descriptor.len = packet.length;
  descriptor.options = 0;
  if (packet.checksum_start == 0) return;
  uapi::TxMetadata metadata{};
  metadata.flags = uapi::kTxMetadataChecksum;
  metadata.checksum_start = packet.checksum_start;
  metadata.checksum_offset = packet.checksum_offset;
  std::memcpy(packet.data - sizeof(metadata), &metadata, sizeof(metadata));
  descriptor.options = uapi::kDescTxMetadata;
}

std::uint32_t XskPort::transmit(Packet* const* packets, std::uint32_t count) {
  xsk_ring_prod& ring = socket_->tx;
  if (xsk_prod_nb_free(&ring, count) < count && !tx_down_) kick();
  const std::uint32_t n = std::min(xsk_prod_nb_free(&ring, count), count);
  std::uint32_t index;
  if (n == 0 || xsk_ring_prod__reserve(&ring, n, &index) != n) return 0;
  for (std::uint32_t i = 0; i < n; ++i) {
    describe(*xsk_ring_prod__tx_desc(&ring, index + i), *packets[i]);
    pool_.lend(packets[i]->frame, config.index);
  }
  xsk_ring_prod__submit(&ring, n);
  tx_waiting_ = true;
  return n;
}

bool XskPort::flush() {
  if (tx_waiting_) kick();
  reap();
  refill();
  return tx_waiting_ && !tx_down_;
}

// The kernel consumes up to the budget per call; what is left is tried again next round. A device
// that is down or gone keeps its frames until the port is removed.
void XskPort::kick() {
  if (xsk_ring_prod__needs_wakeup(&socket_->tx) != 0) {
    config.counters->add(kTxKicks, 1);
    const auto sent = ::sendto(socket_->fd(), nullptr, 0, MSG_DONTWAIT, nullptr, 0);
    const int error = sent < 0 ? errno : 0;
    if (error != 0) config.counters->add(kTxStalls, 1);
    tx_down_ = error == ENETDOWN || error == ENXIO;
  }
  tx_waiting_ = __atomic_load_n(socket_->tx.consumer, __ATOMIC_ACQUIRE) != socket_->tx.cached_prod;
}

void XskPort::reap() {
  xsk_ring_cons& ring = socket_->completion;
  std::uint32_t index;
  const std::uint32_t n = xsk_ring_cons__peek(&ring, ring.size, &index);
  if (n == 0) return;
  for (std::uint32_t i = 0; i < n; ++i) {
    const std::uint32_t frame = umem_.frame_of(*xsk_ring_cons__comp_addr(&ring, index + i));
    pool_.take_back(frame);
    pool_.put(frame);
  }
  xsk_ring_cons__release(&ring, n);
}

void XskPort::refill() {
  xsk_ring_prod& ring = socket_->fill;
  const std::uint32_t lent = ring.size - xsk_prod_nb_free(&ring, ring.size);
  if (lent + kBaseFill / 2 > fill_target_) return;  // worth a pass only in batches
  // Half of what is free at most: the other ports need frames too.
  const std::uint32_t n = std::min(fill_target_ - lent, (pool_.available() + 1) / 2);
  std::uint32_t index;
  if (n == 0 || xsk_ring_prod__reserve(&ring, n, &index) != n) return;
  for (std::uint32_t i = 0; i < n; ++i) {
    const std::uint32_t frame = pool_.take();
    pool_.lend(frame, config.index);
    *xsk_ring_prod__fill_addr(&ring, index + i) = umem_.frame_address(frame);
  }
  xsk_ring_prod__submit(&ring, n);
}

}  // namespace millrace
