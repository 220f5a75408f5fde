#include "engine/port_proof.hpp"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <chrono>
#include <thread>

#include "base/headers.hpp"
#include "engine/errors.hpp"
#include "engine/xdp_uapi.hpp"
#include "link/netns.hpp"

namespace millrace {

namespace {

using Clock = std::chrono::steady_clock;
// Softirqs of a node under load may be late; a broken port is late for ever.
constexpr auto kPatience = std::chrono::seconds(2);
constexpr auto kPause = std::chrono::microseconds(20);
// A busy node may drop any single frame on its way (a full backlog, say): that proves nothing.
constexpr auto kResend = std::chrono::milliseconds(20);
constexpr std::uint32_t kLength = 60;
constexpr std::uint32_t kHeadroom = 256;

struct Frame {
  std::uint8_t bytes[kLength] = {};
};

Frame make_frame(const Mac& destination, const Mac& source) {
  Frame frame;
  std::memcpy(frame.bytes, destination.bytes.data(), 6);
  std::memcpy(frame.bytes + 6, source.bytes.data(), 6);
  store_be16(frame.bytes + 12, kEtherTypeSelfTest);
  if (::getrandom(frame.bytes + kEthernetLength, 16, 0) != 16) throw_errno("getrandom");
  return frame;
}

// The random part identifies a frame as ours.
bool is_same(const std::uint8_t* data, std::uint32_t length, const Frame& frame) {
  return length >= kEthernetLength + 16 && std::memcmp(data + 12, frame.bytes + 12, 2 + 16) == 0;
}

UniqueFd open_peer(const SelfTest& test) {
  UniqueFd fd;
  in_netns(test.netns, [&] {
    // Protocol 0 until bind: a socket that listens already is moved with an RCU grace period.
    fd.reset(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) throw_errno("open a packet socket");
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(kEtherTypeSelfTest);
    address.sll_ifindex = static_cast<int>(::if_nametoindex(test.ifname.c_str()));
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
      throw_errno("bind a packet socket to " + test.ifname);
    const int on = 1;
    (void)::setsockopt(fd.get(), SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on));
  });
  return fd;
}

void fill(XskSocket& socket, const Umem& umem, const std::uint32_t* frames, std::uint32_t count) {
  std::uint32_t index;
  if (xsk_ring_prod__reserve(&socket.fill, count, &index) != count)
    throw_errno("self-test: FILL ring has no room", ENOBUFS);
  for (std::uint32_t i = 0; i < count; ++i)
    *xsk_ring_prod__fill_addr(&socket.fill, index + i) = umem.frame_address(frames[i]);
  xsk_ring_prod__submit(&socket.fill, count);
}

// Takes one received frame, gives its memory back to the FILL ring.
bool receive_one(XskSocket& socket, const Umem& umem, const Frame& expected) {
  std::uint32_t index;
  if (xsk_ring_cons__peek(&socket.rx, 1, &index) == 0) return false;
  const xdp_desc* descriptor = xsk_ring_cons__rx_desc(&socket.rx, index);
  const bool found = is_same(umem.base() + descriptor->addr, descriptor->len, expected);
  const std::uint32_t frame = umem.frame_of(descriptor->addr);
  xsk_ring_cons__release(&socket.rx, 1);
  fill(socket, umem, &frame, 1);
  return found;
}

template <class Attempt>
bool within(std::chrono::milliseconds limit, Attempt attempt) {
  for (const auto deadline = Clock::now() + limit; !attempt();) {
    if (Clock::now() > deadline) return false;
    std::this_thread::sleep_for(kPause);
  }
  return true;
}

// Sends again and again until a frame has arrived.
template <class Send, class Arrived>
void exchange(Send send, Arrived arrived, const char* failure) {
  for (const auto deadline = Clock::now() + kPatience; Clock::now() <= deadline;) {
    send();
    if (within(kResend, arrived)) return;
  }
  throw_errno(failure, ETIMEDOUT);
}

bool receive_any(const std::vector<XskSocket*>& sockets, const Umem& umem, const Frame& expected) {
  bool found = false;
  for (XskSocket* socket : sockets) found |= receive_one(*socket, umem, expected);
  return found;
}

void test_receive(const std::vector<XskSocket*>& sockets, const Umem& umem, int peer,
                  const SelfTest& test) {
  const Frame frame = make_frame(test.port_mac, test.peer_mac);
  const auto send = [&] {
    const ssize_t sent = ::send(peer, frame.bytes, kLength, 0);
    if (sent < 0 && errno != ENOBUFS) throw_errno("self-test: send a frame from the pod end");
  };
  exchange(
      send, [&] { return receive_any(sockets, umem, frame); },
      "self-test: a frame sent by the pod end did not reach the socket");
}

void submit(XskSocket& socket, const Umem& umem, std::uint32_t umem_frame, const Frame& frame,
            bool with_metadata) {
  std::uint8_t* data = umem.frame(umem_frame) + kHeadroom;
  std::memcpy(data, frame.bytes, kLength);
  std::uint32_t index;
  if (xsk_ring_prod__reserve(&socket.tx, 1, &index) != 1)
    throw_errno("self-test: TX ring has no room", ENOBUFS);
  xdp_desc* descriptor = xsk_ring_prod__tx_desc(&socket.tx, index);
  *descriptor = {umem.address_of(data), kLength, 0};
  if (with_metadata) {
    uapi::TxMetadata metadata{};
    metadata.flags = uapi::kTxMetadataChecksum;
    metadata.checksum_start = kEthernetLength;
    metadata.checksum_offset = 32;
    std::memcpy(data - sizeof(metadata), &metadata, sizeof(metadata));
    descriptor->options = uapi::kDescTxMetadata;
  }
  xsk_ring_prod__submit(&socket.tx, 1);
}

// True when a frame came; checksum_pending then says whether the kernel saw our request.
bool peer_receive(int peer, const Frame& expected, bool& checksum_pending) {
  std::uint8_t data[256];
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(tpacket_auxdata))];
  iovec vector{data, sizeof(data)};
  msghdr message{};
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  const ssize_t length = ::recvmsg(peer, &message, 0);
  if (length <= 0 || !is_same(data, static_cast<std::uint32_t>(length), expected)) return false;
  for (cmsghdr* item = CMSG_FIRSTHDR(&message); item != nullptr;
       item = CMSG_NXTHDR(&message, item)) {
    if (item->cmsg_level != SOL_PACKET || item->cmsg_type != PACKET_AUXDATA) continue;
    tpacket_auxdata data_of_frame;
    std::memcpy(&data_of_frame, CMSG_DATA(item), sizeof(data_of_frame));
    checksum_pending = (data_of_frame.tp_status & TP_STATUS_CSUMNOTREADY) != 0;
  }
  return true;
}

// The kernel may also be too busy to take the frame at the first kick.
void send_and_reclaim(XskSocket& socket, const Umem& umem, std::uint32_t umem_frame,
                      const Frame& frame, bool with_metadata) {
  submit(socket, umem, umem_frame, frame, with_metadata);
  std::uint32_t index;
  const bool back = within(kPatience, [&] {
    run_kick_test(socket);
    return xsk_ring_cons__peek(&socket.completion, 1, &index) == 1;
  });
  if (!back)
    throw_errno("self-test: a sent frame did not come back on the COMPLETION ring", ETIMEDOUT);
  xsk_ring_cons__release(&socket.completion, 1);
}

void test_transmit(XskSocket& socket, const Umem& umem, int peer, std::uint32_t umem_frame,
                   const SelfTest& test) {
  const Frame frame = make_frame(test.peer_mac, test.port_mac);
  bool checksum_pending = false;
  exchange([&] { send_and_reclaim(socket, umem, umem_frame, frame, test.tx_metadata); },
           [&] { return peer_receive(peer, frame, checksum_pending); },
           "self-test: a frame sent by the socket did not reach the pod end");
  if (test.tx_metadata && !checksum_pending)
    throw_errno("self-test: the checksum request of TX metadata was ignored", EPROTO);
  fill(socket, umem, &umem_frame, 1);
}

}  // namespace

void run_kick_test(XskSocket& socket) {
  const ssize_t sent = ::sendto(socket.fd(), nullptr, 0, MSG_DONTWAIT, nullptr, 0);
  if (sent < 0 && errno != EAGAIN && errno != EBUSY && errno != ENOBUFS)
    throw_errno("self-test: TX wake-up");
}

void fill_sockets(const std::vector<XskSocket*>& sockets, const Umem& umem,
                  const std::vector<std::vector<std::uint32_t>>& frames) {
  for (std::size_t i = 0; i < sockets.size(); ++i)
    fill(*sockets[i], umem, frames[i].data(), static_cast<std::uint32_t>(frames[i].size()));
}

void run_self_test(const std::vector<XskSocket*>& sockets, const Umem& umem,
                   std::vector<std::vector<std::uint32_t>> frames, const SelfTest& test) {
  UniqueFd peer = open_peer(test);
  const std::uint32_t tx_frame = frames.front().back();
  frames.front().pop_back();
  fill_sockets(sockets, umem, frames);
  test_receive(sockets, umem, peer.get(), test);
  test_transmit(*sockets.front(), umem, peer.get(), tx_frame, test);
  // Closing a packet socket waits for an RCU grace period; nobody has to wait for that.
  std::thread([closing = std::move(peer)]() mutable { closing.reset(); }).detach();
}

}  // namespace millrace
