#include "engine/xsk_port.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "engine/errors.hpp"
#include "engine/xdp_uapi.hpp"

namespace millrace {

namespace {

constexpr int kSoPreferBusyPoll = 69;
constexpr int kSoBusyPollBudget = 70;
// Frames of a burst (a jumbo packet has several) that make a port busy, and frames in a number of
// rounds: steady traffic comes in small bursts while the loop keeps up, and needs room all the same
// for when it does not.
constexpr std::uint32_t kBusyBurst = 16;
constexpr std::uint32_t kBusyRecent = 512;
constexpr std::uint32_t kFillDecayRounds = 1 << 16;

// A packet of the kernel has at most MAX_SKB_FRAGS + 1 parts.
constexpr std::uint32_t kMaxFragments = 18;

std::uint32_t fragments_behind(const Packet& packet, const FrameTable& frames) {
  std::uint32_t count = 0;
  for (std::uint32_t frame = packet.tail; frame != kNoFrame; frame = frames[frame].next) ++count;
  return count;
}

void set_busy_poll(int fd, const XskPort::Tuning& tuning) {
  const int on = 1;
  if (::setsockopt(fd, SOL_SOCKET, kSoPreferBusyPoll, &on, sizeof(on)) != 0 ||
      ::setsockopt(fd, SOL_SOCKET, SO_BUSY_POLL, &tuning.busy_poll_usecs, sizeof(int)) != 0 ||
      ::setsockopt(fd, SOL_SOCKET, kSoBusyPollBudget, &tuning.busy_poll_budget, sizeof(int)) != 0)
    throw_errno("set busy polling");
}

}  // namespace

XskPort::XskPort(const PortConfig& port_config, std::uint32_t queue_index, int port_ifindex,
                 Umem& umem, std::unique_ptr<XskSocket> socket, TxChecksum tx_checksum,
                 const Tuning& tuning)
    : Port(port_config),
      queue(queue_index),
      ifindex(port_ifindex),
      lane(lane_of(port_config.index, queue_index)),
      umem_(umem),
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
  const std::uint32_t available = xsk_ring_cons__peek(&ring, std::max(max, kMaxFragments), &index);
  if (available == 0) {
    adapt_fill(0);
    return 0;
  }
  std::uint32_t used = 0;
  const std::uint32_t n = receive_packets(packets, max, index, available, used);
  xsk_ring_cons__cancel(&ring, available - used);
  xsk_ring_cons__release(&ring, used);
  adapt_fill(used);
  return n;
}

// A packet is one descriptor, or several of which all but the last say that it goes on
// (Documentation/networking/af_xdp.rst, "XDP_PKT_CONTD"). One that has not arrived whole stays in
// the ring.
std::uint32_t XskPort::receive_packets(Packet* packets, std::uint32_t max, std::uint32_t first,
                                       std::uint32_t available, std::uint32_t& used) {
  FrameTable& frames = pool_->table();
  std::uint32_t count = 0;
  std::uint32_t* link = nullptr;
  for (std::uint32_t i = 0; i < available; ++i) {
    const xdp_desc descriptor = *xsk_ring_cons__rx_desc(&socket_->rx, first + i);
    const std::uint32_t frame = umem_.frame_of(descriptor.addr);
    if (link == nullptr) {
      if (count == max) break;
      Packet& packet = packets[count] = Packet{};
      packet.data = umem_.base() + descriptor.addr;
      packet.length = descriptor.len;
      packet.frame = frame;
      link = &packet.tail;
    } else {
      Packet& packet = packets[count];
      frames[frame].offset =
          static_cast<std::uint16_t>(descriptor.addr - umem_.frame_address(frame));
      frames[frame].length = static_cast<std::uint16_t>(descriptor.len);
      packet.length += descriptor.len;
      packet.tail_length += descriptor.len;
      *link = frame;
      link = &frames[frame].next;
    }
    if ((descriptor.options & uapi::kDescContinues) != 0) continue;
    *link = kNoFrame;
    link = nullptr;
    ++count;
    used = i + 1;
  }
  for (std::uint32_t i = 0; i < used; ++i)
    pool_->take_back(umem_.frame_of(xsk_ring_cons__rx_desc(&socket_->rx, first + i)->addr));
  return count;
}

// A port with traffic gets more frames to receive into, enough to ride out the milliseconds in
// which another thread has our core; a quiet one gives them back as they are used up. A hundred
// idle pods must not hold the whole UMEM.
void XskPort::adapt_fill(std::uint32_t received) {
  recent_ += received;
  if (received >= kBusyBurst || recent_ >= kBusyRecent) fill_target_ = max_fill_;
  if (++rounds_ < kFillDecayRounds) return;
  if (recent_ < kBusyRecent) fill_target_ = std::max(fill_target_ / 2, kBaseFill);
  rounds_ = 0;
  recent_ = 0;
}

void XskPort::describe(xdp_desc& descriptor, const Packet& packet) const {
  descriptor.addr = umem_.address_of(packet.data);
  descriptor.len = packet.head_length();
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
  if (live_ == nullptr) return transmit_by_ring(packets, count);
  for (std::uint32_t i = 0; i < count; ++i) transmit_live(packets[i]);
  return count;
}

// What cannot be a live frame goes by the TX ring, behind what waits; and so does everything while
// that ring is not empty.
void XskPort::transmit_live(Packet* packet) {
  if (live_ != nullptr) live_->make_room(packet->length);
  if (live_ != nullptr && !tx_waiting_ && packet->tail == kNoFrame &&
      packet->length <= how_.longest)
    return live_->put(*this, *packet, how_.always);
  if (live_ != nullptr && live_waiting != 0) live_->flush(false);
  send_by_ring(*packet);
}

void XskPort::send_by_ring(const Packet& packet) {
  Packet copy = packet;
  Packet* const one = &copy;
  const std::uint64_t bytes = packet.length;
  if (transmit_by_ring(&one, 1) == 1) {
    counters_->add(kTxPackets, 1);
    counters_->add(kTxBytes, bytes);
    return;
  }
  count_lost();
  pool_->put_chain(packet.tail);
  pool_->put(packet.frame);
}

void XskPort::begin_live(LiveTransmit& live, const Live& how) {
  if (live_ == nullptr) counters_->add(kTxMoves, 1);
  live_ = &live;
  how_ = how;
  live_end_.store(LiveEnd::kNone, std::memory_order_relaxed);
  is_live_.store(true, std::memory_order_relaxed);
}

void XskPort::end_live(LiveEnd why) {
  if (live_ == nullptr) return;
  counters_->add(kTxMoves, 1);
  live_ = nullptr;
  live_end_.store(why, std::memory_order_relaxed);
  is_live_.store(false, std::memory_order_relaxed);
}

void XskPort::count_live(std::uint32_t packets, std::uint64_t bytes) {
  counters_->add(kTxPackets, packets);
  counters_->add(kTxBytes, bytes);
  counters_->add(kTxLivePackets, packets);
}

std::uint32_t XskPort::transmit_by_ring(Packet* const* packets, std::uint32_t count) {
  xsk_ring_prod& ring = socket_->tx;
  std::uint32_t wanted = count;
  for (std::uint32_t i = 0; i < count; ++i)
    if (packets[i]->tail != kNoFrame) wanted += fragments_behind(*packets[i], pool_->table());
  if (xsk_prod_nb_free(&ring, wanted) < wanted && !tx_down_) kick();
  const std::uint32_t room = xsk_prod_nb_free(&ring, wanted);
  std::uint32_t index = ring.cached_prod;
  std::uint32_t used = 0;
  std::uint32_t n = 0;
  for (; n < count; ++n) {
    const Packet& packet = *packets[n];
    const std::uint32_t need =
        1 + (packet.tail == kNoFrame ? 0 : fragments_behind(packet, pool_->table()));
    if (used + need > room) break;
    used += put_into_ring(packet, index + used);
  }
  if (n == 0 || xsk_ring_prod__reserve(&ring, used, &index) != used) return 0;
  xsk_ring_prod__submit(&ring, used);
  in_flight_ += used;
  tx_waiting_ = true;
  return n;
}

// All fragments of a packet, each its own descriptor. Returns how many.
std::uint32_t XskPort::put_into_ring(const Packet& packet, std::uint32_t index) {
  FrameTable& frames = pool_->table();
  xdp_desc* descriptor = xsk_ring_prod__tx_desc(&socket_->tx, index);
  describe(*descriptor, packet);
  pool_->lend(packet.frame, lane);
  std::uint32_t used = 1;
  for (std::uint32_t frame = packet.tail; frame != kNoFrame; ++used) {
    descriptor->options |= uapi::kDescContinues;
    descriptor = xsk_ring_prod__tx_desc(&socket_->tx, index + used);
    *descriptor = {umem_.frame_address(frame) + frames[frame].offset, frames[frame].length, 0};
    pool_->lend(frame, lane);
    frame = std::exchange(frames[frame].next, kNoFrame);
  }
  return used;
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
    counters_->add(kTxKicks, 1);
    const auto sent = ::sendto(socket_->fd(), nullptr, 0, MSG_DONTWAIT, nullptr, 0);
    const int error = sent < 0 ? errno : 0;
    if (error != 0) counters_->add(kTxStalls, 1);
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
    pool_->take_back(frame);
    pool_->put(frame);
  }
  xsk_ring_cons__release(&ring, n);
  in_flight_ -= n;
}

void XskPort::refill() {
  xsk_ring_prod& ring = socket_->fill;
  const std::uint32_t lent = ring.size - xsk_prod_nb_free(&ring, ring.size);
  if (lent + kBaseFill / 2 > fill_target_) return;  // worth a pass only in batches
  // Half of what is free at most: the other ports need frames too.
  const std::uint32_t n = std::min(fill_target_ - lent, (pool_->available() + 1) / 2);
  std::uint32_t index;
  if (n == 0 || xsk_ring_prod__reserve(&ring, n, &index) != n) return;
  for (std::uint32_t i = 0; i < n; ++i) {
    const std::uint32_t frame = pool_->take();
    pool_->lend(frame, lane);
    *xsk_ring_prod__fill_addr(&ring, index + i) = umem_.frame_address(frame);
  }
  xsk_ring_prod__submit(&ring, n);
  // A zero-copy driver that ran out of frames looks again only when asked to.
  if (xsk_ring_prod__needs_wakeup(&ring) != 0)
    (void)::recvfrom(socket_->fd(), nullptr, 0, MSG_DONTWAIT, nullptr, nullptr);
}

}  // namespace millrace
