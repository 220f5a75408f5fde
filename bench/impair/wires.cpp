#include "wires.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "engine/errors.hpp"
#include "engine/xdp_uapi.hpp"
#include "impair_program.skel.h"

namespace impair {

namespace {

using millrace::throw_errno;
using millrace::XskSocket;

// Room for what comes in the milliseconds in which another thread has our CPU.
constexpr std::uint32_t kRingSize = 8192;
// Frames per sendto(); Linux before 6.17 has no such option and sends 32.
constexpr int kTxBudget = 256;

int index_of(const std::string& ifname) {
  const unsigned index = ::if_nametoindex(ifname.c_str());
  if (index == 0) throw_errno("interface " + ifname);
  return static_cast<int>(index);
}

std::unique_ptr<XskSocket> open_socket(const Frames& frames, const std::string& ifname,
                                       int shared_with) {
  return std::make_unique<XskSocket>(frames.umem(), XskSocket::Options{.ifname = ifname,
                                                                       .ifindex = index_of(ifname),
                                                                       .queue = 0,
                                                                       .ring_size = kRingSize,
                                                                       .zero_copy = false,
                                                                       .multi_buffer = false,
                                                                       .tx_metadata = false,
                                                                       .shared_with = shared_with});
}

}  // namespace

Wires::Wires(Frames& frames, const std::string& in, const std::string& out)
    : frames_(frames),
      in_(open_socket(frames, in, -1)),
      out_(open_socket(frames, out, in_->fd())),
      program_(impair_program__open_and_load(), impair_program__destroy) {
  (void)::setsockopt(out_->fd(), SOL_XDP, millrace::uapi::kMaxTxSkbBudget, &kTxBudget,
                     sizeof kTxBudget);
  if (!program_) throw_errno("load the XDP program (needs CAP_BPF and CAP_NET_ADMIN)");
  refill();
  attach(index_of(in));
}

Wires::~Wires() = default;

// A BPF link: the program leaves the interface with this process, however it ends.
void Wires::attach(int ifindex) {
  const std::uint32_t key = 0;
  const int socket = in_->fd();
  if (bpf_map_update_elem(bpf_map__fd(program_->maps.socket), &key, &socket, BPF_ANY) != 0)
    throw_errno("put the socket into the XSKMAP");
  LIBBPF_OPTS(bpf_link_create_opts, options, .flags = XDP_FLAGS_DRV_MODE);
  const int link = bpf_link_create(bpf_program__fd(program_->progs.stamp_and_redirect), ifindex,
                                   BPF_XDP, &options);
  if (link < 0) throw_errno("attach native XDP");
  link_.reset(link);
}

std::size_t Wires::receive(std::span<Frame> frames) {
  xsk_ring_cons& ring = in_->rx;
  std::uint32_t index = 0;
  const auto most = static_cast<std::uint32_t>(frames.size());
  const std::uint32_t count = xsk_ring_cons__peek(&ring, most, &index);
  if (count == 0) return 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const xdp_desc& descriptor = *xsk_ring_cons__rx_desc(&ring, index + i);
    Frame& frame = frames[i] = {descriptor.addr, descriptor.len, 0};
    std::memcpy(&frame.arrived, frames_.data(frame) - sizeof frame.arrived, sizeof frame.arrived);
  }
  xsk_ring_cons__release(&ring, count);
  return count;
}

bool Wires::send(const Frame& frame) {
  std::uint32_t index = 0;
  if (xsk_ring_prod__reserve(&out_->tx, 1, &index) != 1) return false;
  *xsk_ring_prod__tx_desc(&out_->tx, index) = {frame.address, frame.length, 0};
  xsk_ring_prod__submit(&out_->tx, 1);
  ++in_flight_;
  return true;
}

void Wires::flush() {
  if (in_flight_ > 0) {
    kick();
    reap();
  }
  refill();
}

// EBUSY: the device has dropped a frame. EAGAIN: there are more than the budget.
void Wires::kick() {
  const std::uint32_t taken = __atomic_load_n(out_->tx.consumer, __ATOMIC_ACQUIRE);
  if (taken == out_->tx.cached_prod) return;
  if (::sendto(out_->fd(), nullptr, 0, MSG_DONTWAIT, nullptr, 0) < 0 && errno == EBUSY) ++refused_;
}

void Wires::reap() {
  xsk_ring_cons& ring = out_->completion;
  std::uint32_t index = 0;
  const std::uint32_t count = xsk_ring_cons__peek(&ring, ring.size, &index);
  if (count == 0) return;
  for (std::uint32_t i = 0; i < count; ++i)
    frames_.give(*xsk_ring_cons__comp_addr(&ring, index + i));
  xsk_ring_cons__release(&ring, count);
  in_flight_ -= count;
}

void Wires::refill() {
  xsk_ring_prod& ring = in_->fill;
  const std::uint32_t room = xsk_prod_nb_free(&ring, ring.size);
  const auto count = static_cast<std::uint32_t>(std::min<std::size_t>(room, frames_.available()));
  std::uint32_t index = 0;
  if (count == 0 || xsk_ring_prod__reserve(&ring, count, &index) != count) return;
  for (std::uint32_t i = 0; i < count; ++i)
    *xsk_ring_prod__fill_addr(&ring, index + i) = frames_.take();
  xsk_ring_prod__submit(&ring, count);
}

std::uint64_t Wires::missed() const {
  xdp_statistics seen{};
  socklen_t size = sizeof seen;
  if (::getsockopt(in_->fd(), SOL_XDP, XDP_STATISTICS, &seen, &size) != 0)
    throw_errno("read the statistics of the receiving socket");
  return seen.rx_dropped + seen.rx_ring_full + refused_;
}

}  // namespace impair
