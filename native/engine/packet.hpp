#pragma once
// A frame in the hands of the worker, and the burst that carries up to 64 of them between nodes.
#include <array>
#include <cstdint>

#include "engine/frame_table.hpp"
#include "graph/drop_reason.hpp"

namespace millrace {

struct Adjacency;

struct Packet {
  std::uint8_t* data = nullptr;  // first byte of the Ethernet header
  std::uint32_t length = 0;      // of the whole packet
  std::uint32_t frame = 0;       // index in the UMEM
  // A packet longer than a frame goes on in other frames (XDP_USE_SG). Headers are always in the
  // first one.
  std::uint32_t tail = kNoFrame;
  std::uint32_t tail_length = 0;
  std::uint16_t in_port = 0;
  std::uint16_t out_port = 0;
  // The VTEP of another node, as FDB port: the one it came from, later the one it goes to. 0: none.
  std::uint16_t peer = 0;
  std::uint16_t vlan = 0;  // the VLAN it belongs to in a bridge domain; 0: none
  // The sender left the L4 checksum to us (CHECKSUM_PARTIAL on veth): where it starts and where,
  // from there, it is stored. Both 0 when the frame carries its own.
  std::uint16_t checksum_start = 0;
  std::uint16_t checksum_offset = 0;
  const Adjacency* adjacency = nullptr;  // set by the forwarding nodes, read by rewrite
  // Set for the ICMP error nodes: what to say, and why the frame itself goes no further.
  std::uint8_t icmp_type = 0;
  std::uint8_t icmp_code = 0;
  DropReason reason{};
  bool waiting = false;  // this is a WaitingPacket, see graph/pending.hpp
  std::uint32_t icmp_mtu = 0;
  // For the flow lane: which packet of the burst it was (0: none that may take the lane), the VNI's
  // port by which it has entered a tunnel, and the longest IP packet that may go the same way. Who
  // forwards a packet as it is sets the last one; 0 while it is anything else.
  std::uint16_t origin = 0;
  std::uint16_t via = 0;
  std::uint16_t longest = 0;
  bool by_ports = false;  // which way it takes depends on its ports as well
  bool leaked = false;    // and on the routes of another VRF

  // Bytes in the first frame.
  std::uint32_t head_length() const { return length - tail_length; }

  void answer_with(std::uint8_t type, std::uint8_t code, DropReason why, std::uint32_t mtu = 0) {
    icmp_type = type;
    icmp_code = code;
    reason = why;
    icmp_mtu = mtu;
    longest = 0;
  }
  void may_repeat(std::uint32_t mtu) {
    longest = static_cast<std::uint16_t>(mtu < UINT16_MAX ? mtu : UINT16_MAX);
  }
};

static_assert(sizeof(Packet) <= 64);

constexpr std::uint32_t kMaxBurst = 64;

struct Burst {
  std::array<Packet*, kMaxBurst> packets;
  std::uint32_t size = 0;

  void push(Packet* packet) { packets[size++] = packet; }
  Packet** begin() { return packets.data(); }
  Packet** end() { return packets.data() + size; }
};

// visit(port, packets, count) for each run of packets with the same output port.
template <class Visit>
void for_each_run(Packet** packets, std::uint32_t count, Visit visit) {
  for (std::uint32_t begin = 0; begin < count;) {
    const std::uint16_t port = packets[begin]->out_port;
    std::uint32_t end = begin + 1;
    while (end < count && packets[end]->out_port == port) ++end;
    visit(port, &packets[begin], end - begin);
    begin = end;
  }
}

}  // namespace millrace
