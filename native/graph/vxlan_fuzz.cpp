// libFuzzer target: whatever comes from the underlay, decapsulation reads no byte outside a frame,
// loses no frame, counts each one, and lets nothing into a network but through its own VNI.
//
// An input is a list of frames, each behind three bytes: flags, a template and the number of
// changes; a change is an offset and a value. Then lengths and checksums that a fuzzer cannot guess
// are put right, as far as the flags say.
#include <cstdio>
#include <cstdlib>

#include "graph/vxlan_network.hpp"

namespace millrace {

namespace {

enum Flags : std::uint8_t {
  kFixOuter = 0x01,  // lengths and header checksum of IP
  kFixUdp = 0x02,    // length of UDP
  kFixSum = 0x04,    // checksum of UDP
  kFixInner = 0x08,  // the same inside
  kCut = 0x10,       // cut short, at the next byte
  kFromPod = 0x20,   // a pod sends it
  kFromStation = 0x40,
  kSplit = 0x80,  // longer, in several frames
};
// Holds all headers, as the first frame always does.
constexpr std::uint32_t kFirstFrame = 140;

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

Bytes with_routed(const Bytes& payload, const Mac& router, std::uint32_t vni) {
  return from_peer({.vni = vni}, ethernet(router, kPeerMac, kEtherTypeIp4, payload));
}

Bytes over_ip6(const Bytes& inner) {
  return ethernet(kRedC.gateway_mac, kRedC.mac, kEtherTypeIp6,
                  ip6_packet({.source = kPeer6, .destination = kVtep6},
                             vxlan({.vni = kGreenVni}, 50000, inner)));
}

std::vector<Bytes> make_templates() {
  const Bytes udp_in =
      ip4_packet({.source = kRemote4, .destination = kBlueA.ip4}, udp(counting(9)));
  const Bytes tcp_in =
      ip6_packet({.source = kRedC.ip6, .destination = kBlueA.ip6, .next = kProtoTcp},
                 join({extension(kProtoTcp), tcp(counting(5))}));
  const Bytes station = ethernet(kGreenA.mac, kRemoteStation, 0x88b6, counting(30));
  Bytes everybody = station;
  std::fill_n(everybody.begin(), 6, 0xff);
  return {with_routed(udp_in, kBlueMac, kBlueVni),
          with_routed(
              ip4_packet({.source = kRemote4, .destination = kBlueGateway4, .protocol = kProtoIcmp},
                         icmp4_message(icmp4::kEchoRequest, 0, 1, counting(8))),
              kBlueMac, kBlueVni),
          with_routed(
              ip4_packet({.source = kRemote4, .destination = kBlueA.ip4, .protocol = kProtoSctp},
                         Bytes(12)),
              kBlueMac, kBlueVni),
          from_peer({}, ethernet(kBlueMac, kPeerMac, kEtherTypeIp6, tcp_in)),
          from_peer({.vni = kGreenVni}, station),
          from_peer({.vni = kGreenVni}, everybody),
          over_ip6(everybody),
          over_ip6(ethernet(kGreenA.mac, kRemoteStation, kEtherTypeIp4, udp_in)),
          with_routed(outer4({.source = kRemote4, .destination = kBlueA.ip4}, 50000, station),
                      kBlueMac, kBlueVni)};
}

void fix_ip(Bytes& frame, std::size_t at) {
  if (frame.size() < at + kEthernetLength + ip4::kMinHeader) return;
  std::uint8_t* ip = &frame[at + kEthernetLength];
  const std::size_t length = frame.size() - at - kEthernetLength;
  if (load_be16(ip - 2) == kEtherTypeIp4) {
    store_be16(ip + ip4::kTotalLength, static_cast<std::uint16_t>(length));
    seal_ip4(frame, at + kEthernetLength);
  } else if (load_be16(ip - 2) == kEtherTypeIp6 && length >= ip6::kHeader) {
    store_be16(ip + ip6::kPayloadLength, static_cast<std::uint16_t>(length - ip6::kHeader));
  }
}

std::size_t udp_at(const Bytes& frame) {
  return kEthernetLength +
         (load_be16(&frame[12]) == kEtherTypeIp6 ? ip6::kHeader : ip4::kMinHeader);
}

void fix(Bytes& frame, std::uint8_t flags) {
  if (frame.size() < kEthernetLength + ip6::kHeader + kUdpHeader) return;
  const std::size_t udp = udp_at(frame);
  if ((flags & kFixInner) != 0) fix_ip(frame, udp + kUdpHeader + kVxlanHeader);
  if ((flags & kFixUdp) != 0)
    store_be16(&frame[udp + 4], static_cast<std::uint16_t>(frame.size() - udp));
  if ((flags & kFixOuter) != 0) fix_ip(frame, 0);
  if ((flags & kFixSum) != 0) set_checksum(frame, {kProtoUdp, udp, 6}, Checksum::kRight);
}

class Fuzzer {
 public:
  void run(const std::uint8_t* data, std::size_t size) {
    std::span<const std::uint8_t> rest(data, size);
    const auto byte = [&] {
      if (rest.empty()) return std::uint8_t{0};
      const std::uint8_t value = rest.front();
      rest = rest.subspan(1);
      return value;
    };
    for (std::size_t queued = 0; !rest.empty(); ++queued) {
      if (queued % kMaxBurst == kMaxBurst - 1) net_.run();
      const std::uint8_t flags = byte();
      Bytes frame = templates_[byte() % templates_.size()];
      for (std::uint8_t changes = byte() % 16; changes > 0; --changes) {
        const std::uint8_t offset = byte();
        const std::uint8_t value = byte();
        if (offset < frame.size()) frame[offset] = value;
      }
      split((flags & kSplit) != 0);
      if ((flags & kSplit) != 0) frame.resize(frame.size() + 2 * kFirstFrame);
      if ((flags & kCut) != 0) frame.resize(std::min<std::size_t>(frame.size(), byte()));
      fix(frame, flags);
      inject(frame, flags);
    }
    net_.run();
    check();
  }

 private:
  // What is queued goes through first.
  void split(bool on) {
    if (on == split_) return;
    net_.run();
    net_.port(kRedC).split_at(on ? kFirstFrame : 0);
    split_ = on;
  }
  void inject(Bytes& frame, std::uint8_t flags) {
    if ((flags & kFromStation) != 0) return net_.port(kGreenA).inject(frame);
    if ((flags & kFromPod) == 0) return net_.port(kRedC).inject(frame);
    if (frame.size() >= 12) {
      std::memcpy(&frame[0], kBlueA.gateway_mac.bytes.data(), 6);
      std::memcpy(&frame[6], kBlueA.mac.bytes.data(), 6);
    }
    net_.port(kBlueA).inject(frame);
  }

  // Whatever reaches a pod is a packet of its own network.
  void check() {
    require(net_.pool_is_whole(), "a frame is missing");
    require(net_.counts_add_up(), "a frame is not accounted for");
    for (const Pod& pod : kPods)
      for (const auto& frame : net_.port(pod).take_sent()) check_routed(pod, frame.bytes);
    for (const Pod& pod : kStations)
      for (const auto& frame : net_.port(pod).take_sent())
        require(frame.bytes.size() >= kEthernetLength && (frame.bytes[6] & 1) == 0,
                "a runt or a group's frame was sent");
    net_.green.fdb.flush_learned();
  }

  static void check_routed(const Pod& pod, const Bytes& frame) {
    require(frame.size() >= kEthernetLength + ip4::kMinHeader, "a runt was sent");
    // By an uplink, an answer goes back to whoever asked.
    require(pod.port == kRedC.port || equals(&frame[0], pod.mac), "sent to another MAC");
    const std::uint8_t* ip = &frame[kEthernetLength];
    if (load_be16(&frame[12]) != kEtherTypeIp4) return;
    require(frame.size() == kEthernetLength + std::size_t{load_be16(ip + ip4::kTotalLength)},
            "IPv4 length");
    if (pod.port == kBlueA.port || pod.port == kBlueB.port)
      require(load_be32(ip + ip4::kDestination) == pod.ip4, "a packet for somebody else");
  }

  TestNetwork net_{TestNetwork::kUnlimited, 2048};
  VxlanNetwork overlay_{net_};
  const std::vector<Bytes> templates_ = make_templates();
  bool split_ = false;
};

}  // namespace

}  // namespace millrace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static millrace::Fuzzer fuzzer;
  fuzzer.run(data, size);
  return 0;
}
