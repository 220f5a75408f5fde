// libFuzzer target: whatever pods send, the graph reads no byte outside a frame, loses no frame,
// counts each one and sends nothing malformed or into another network.
//
// An input is a list of frames, each behind three bytes: flags, the low byte of the length, and a
// template. Flags that name no pod go with a byte more, for a station of the bridged network or the
// end of the burst. A frame is either the bytes as they are or a valid packet with these bytes laid
// over it as (offset, value) pairs; then what a fuzzer cannot guess is put right, as far as the
// flags say.
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "graph/test_network.hpp"

namespace millrace {

namespace {

enum Flags : std::uint8_t {
  kPodMask = 0x03,      // the sender; 3: a byte says which station
  kFixEthernet = 0x04,  // MACs of the sender and its port
  kFixIp = 0x08,        // version, lengths, source, header checksum
  kFixIcmp = 0x10,      // ICMP or ICMPv6 checksum
  kOverlay = 0x20,      // a template with changes
  kLong = 0x40,         // 256 bytes more
  kTxFull = 0x80,       // the ports take one frame more, then none
};

enum StationFlags : std::uint8_t {
  kStationMask = 0x03,
  kEndBurst = 0x80,   // before this frame
  kIsPod = 0x40,      // the first pod after all
  kPinSender = 0x20,  // the own source MAC
};

constexpr std::uint16_t kVlanA = 10, kVlanB = 20, kNative = 30;

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

Bytes solicitation() {
  const Bytes target(kBlueGateway6.bytes.begin(), kBlueGateway6.bytes.end());
  return frame_from(kBlueA, kEtherTypeIp6,
                    ip6_packet({.source = kBlueA.ip6,
                                .destination = kBlueGateway6,
                                .next = kProtoIcmp6,
                                .hop_limit = 255},
                               icmp_message(icmp6::kNeighborSolicitation, 0, 0,
                                            join({target, {1, 1, 2, 0, 0, 0, 1, 0xa}}))));
}

Bytes arp_request() {
  Bytes arp = {0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 1, 0xa, 10, 1, 0, 2};
  arp.resize(28);
  store_be32(&arp[24], kBlueGateway4);
  return frame_from(kBlueA, kEtherTypeArp, arp);
}

Bytes ip4_of(std::uint8_t protocol, Ip4 destination, const Bytes& payload,
             const Bytes& options = {}) {
  return frame_from(kBlueA, kEtherTypeIp4,
                    ip4_packet({.source = kBlueA.ip4,
                                .destination = destination,
                                .protocol = protocol,
                                .options = options},
                               payload));
}

Bytes ip6_of(std::uint8_t next, const Ip6& destination, const Bytes& payload) {
  return frame_from(
      kBlueA, kEtherTypeIp6,
      ip6_packet({.source = kBlueA.ip6, .destination = destination, .next = next}, payload));
}

Bytes with_tag(Bytes frame, std::uint16_t tci) {
  const std::uint8_t tag[4] = {0x81, 0, static_cast<std::uint8_t>(tci >> 8),
                               static_cast<std::uint8_t>(tci)};
  frame.insert(frame.begin() + 12, tag, tag + 4);
  return frame;
}

std::vector<Bytes> routed_templates() {
  const Ip4 nowhere = ip4_address(198, 51, 100, 1);
  const Bytes echo4 = icmp4_message(icmp4::kEchoRequest, 0, 1, counting(32));
  const Bytes echo6 = icmp_message(icmp6::kEchoRequest, 0, 1, counting(32));
  const Bytes chain = join({extension(ip6::kDestinationOptions), extension(kProtoTcp), tcp({})});
  return {arp_request(),
          solicitation(),
          udp4(kBlueA, kBlueB.ip4),
          udp4(kBlueA, nowhere, 900),
          udp6(kBlueA, kBlueB.ip6),
          udp6(kBlueA, kRedC.ip6, 1400),
          ip4_of(kProtoIcmp, kBlueGateway4, echo4),
          ip4_of(kProtoIcmp, nowhere, echo4, {148, 4, 0, 0}),
          ip4_of(kProtoTcp, kBlueB.ip4, tcp(counting(9)), {1, 1, 7, 3, 4, 0, 0, 0}),
          ip4_of(kProtoTcp, kBlueB.ip4, tcp(Bytes(1600))),
          ip4_of(kProtoSctp, kBlueB.ip4, Bytes(16)),
          ip4_of(kProtoUdp, kBlueGateway4, udp(counting(3))),
          ip6_of(kProtoIcmp6, kBlueGateway6, echo6),
          ip6_of(kProtoIcmp6, kBlueB.ip6, echo6),
          ip6_of(ip6::kHopByHop, kBlueB.ip6, chain),
          ip6_of(ip6::kFragment, kBlueB.ip6, join({{6, 0, 0, 1, 0, 0, 0, 1}, tcp({})})),
          ip6_of(kProtoSctp, kBlueB.ip6, Bytes(16)),
          ip6_of(kProtoTcp, kBlueGateway6, tcp({}))};
}

// From A of the bridged network: for B, and for everybody.
std::vector<Bytes> bridged_templates() {
  constexpr Mac kEverybody{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
  Bytes arp = {0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 3, 0xa, 10, 3, 0, 0xa};
  arp.resize(28);
  store_be32(&arp[24], kGreenB.ip4);
  const Bytes target(kGreenB.ip6.bytes.begin(), kGreenB.ip6.bytes.end());
  const Bytes solicitation = ip6_packet(
      {.source = kGreenA.ip6,
       .destination = ip6_address({0xff02, 0, 0, 0, 0, 1, 0xff00, 0xb}),
       .next = kProtoIcmp6,
       .hop_limit = 255},
      icmp_message(icmp6::kNeighborSolicitation, 0, 0, join({target, {1, 1, 2, 0, 0, 0, 3, 0xa}})));
  const Bytes udp = ip4_packet({.source = kGreenA.ip4, .destination = kGreenB.ip4},
                               join({{0, 1, 0, 2, 0, 8, 0x14, 0x2c}, {}}));
  const Mac group{{0x33, 0x33, 0xff, 0, 0, 0xb}};
  std::vector<Bytes> frames = {ethernet(kEverybody, kGreenA.mac, kEtherTypeArp, arp),
                               ethernet(group, kGreenA.mac, kEtherTypeIp6, solicitation),
                               ethernet(kGreenB.mac, kGreenA.mac, kEtherTypeIp4, udp)};
  for (std::size_t i = 0; i < 3; ++i) frames.push_back(with_tag(frames[i], kVlanA));
  for (std::size_t i = 0; i < 3; ++i) frames.push_back(with_tag(frames[i], 0x6000 | kVlanB));
  frames.push_back(with_tag(with_tag(frames[0], kVlanB), kNative));
  return frames;
}

std::vector<Bytes> make_templates() {
  std::vector<Bytes> all = routed_templates();
  for (const Bytes& frame : bridged_templates()) all.push_back(frame);
  return all;
}

// The input, from the front.
class Reader {
 public:
  Reader(const std::uint8_t* data, std::size_t size) : rest_(data, size) {}

  bool empty() const { return rest_.empty(); }
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const std::uint8_t value = rest_.front();
    rest_ = rest_.subspan(1);
    return value;
  }
  Bytes bytes(std::size_t count) {
    const auto taken = rest_.first(std::min(count, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return {taken.begin(), taken.end()};
  }

 private:
  std::span<const std::uint8_t> rest_;
};

void fix_ip4(Bytes& frame, const Pod& pod) {
  if (frame.size() < kEthernetLength + ip4::kMinHeader) return;
  std::uint8_t* ip = &frame[kEthernetLength];
  const std::size_t length = frame.size() - kEthernetLength;
  ip[0] = static_cast<std::uint8_t>(0x40 | std::max(5, ip[0] & 15));
  if ((ip[0] & 15u) * 4u > length) ip[0] = 0x45;
  store_be16(ip + ip4::kTotalLength, static_cast<std::uint16_t>(length));
  store_be32(ip + ip4::kSource, pod.ip4);
  seal_ip4(frame, kEthernetLength);
}

void fix_ip6(Bytes& frame, const Pod& pod) {
  if (frame.size() < kEthernetLength + ip6::kHeader) return;
  std::uint8_t* ip = &frame[kEthernetLength];
  ip[0] = static_cast<std::uint8_t>(0x60 | (ip[0] & 15));
  store_be16(ip + ip6::kPayloadLength,
             static_cast<std::uint16_t>(frame.size() - kEthernetLength - ip6::kHeader));
  std::memcpy(ip + ip6::kSource, pod.ip6.bytes.data(), 16);
}

void fix_icmp4(Bytes& frame) {
  const std::size_t start = kEthernetLength + (frame[kEthernetLength] & 15u) * 4u;
  if (frame[kEthernetLength + ip4::kProtocol] != kProtoIcmp || frame.size() < start + 4) return;
  store_be16(&frame[start + 2], 0);
  store_be16(&frame[start + 2], reference_checksum(std::span(frame).subspan(start)));
}

void fix_icmp6(Bytes& frame) {
  if (frame.size() < kEthernetLength + ip6::kHeader + 4) return;
  if (frame[kEthernetLength + ip6::kNextHeader] == kProtoIcmp6) seal_icmp6(frame);
}

void fix(Bytes& frame, std::uint8_t flags, const Pod& pod) {
  if (frame.size() < kEthernetLength) return;
  if ((flags & kFixEthernet) != 0) {
    if (!is_station(pod)) std::memcpy(&frame[0], pod.gateway_mac.bytes.data(), 6);
    std::memcpy(&frame[6], pod.mac.bytes.data(), 6);
  }
  const std::uint16_t type = load_be16(&frame[12]);
  if ((flags & kFixIp) != 0 && type == kEtherTypeIp4) fix_ip4(frame, pod);
  if ((flags & kFixIp) != 0 && type == kEtherTypeIp6) fix_ip6(frame, pod);
  if ((flags & kFixIcmp) != 0 && frame.size() >= kEthernetLength + ip4::kMinHeader) {
    if (type == kEtherTypeIp4) fix_icmp4(frame);
    if (type == kEtherTypeIp6) fix_icmp6(frame);
  }
}

Bytes overlaid(Bytes frame, const Bytes& changes) {
  for (std::size_t i = 0; i + 1 < changes.size(); i += 2) {
    if (changes[i] == 0xff)  // cut short
      frame.resize(std::min<std::size_t>(frame.size(), changes[i + 1]));
    else if (changes[i] < frame.size())
      frame[changes[i]] = changes[i + 1];
  }
  return frame;
}

void check_sent(const Pod& pod, const Bytes& frame) {
  require(frame.size() >= kEthernetLength, "a runt was sent");
  require(equals(&frame[0], pod.mac), "sent to another MAC");
  require(equals(&frame[6], pod.gateway_mac), "sent from another MAC");
  const std::span<const std::uint8_t> packet = std::span(frame).subspan(kEthernetLength);
  switch (load_be16(&frame[12])) {
    case kEtherTypeIp4: {
      const std::size_t header = (packet[0] & 15u) * 4u;
      require(packet.size() == load_be16(&packet[ip4::kTotalLength]), "IPv4 length");
      require(reference_sum(packet.first(header)) == 0xffff, "IPv4 header checksum");
      break;
    }
    case kEtherTypeIp6:
      require(packet.size() == ip6::kHeader + load_be16(&packet[ip6::kPayloadLength]),
              "IPv6 length");
      break;
    case kEtherTypeArp:
      require(packet.size() == 28 && packet[7] == 2, "ARP reply");
      break;
    default:
      require(false, "an EtherType that nobody sends");
  }
}

// A is alone in its VLAN but for the trunks, B in another; C is a trunk with both and the native
// VLAN, the uplink one without.
class Fuzzer {
 public:
  Fuzzer() {
    trunk_.set(kVlanA).set(kVlanB);
    access(kGreenA, kVlanA);
    access(kGreenB, kVlanB);
    net_.reconfigure(kGreenC, [&](PortConfig& config) {
      config.pvid = kNative;
      config.tagged = &trunk_;
    });
    net_.reconfigure(kGreenUplink, [&](PortConfig& config) { config.tagged = &trunk_; });
    net_.green.flood_per_second = 0;
    net_.green.hosts.set(kVlanA, HostTable::mapped(kGreenB.ip4), {kGreenB.mac});
    net_.green.hosts.set(kVlanA, kGreenB.ip6, {kGreenB.mac});
    net_.green.hosts.publish();
    TestNetwork::add_route4(net_.blue, ip4_address(10, 0, 0, 0), 8, kBlueB);
    TestNetwork::add_route4(net_.blue, ip4_address(192, 0, 2, 0), 24, kBlueA);
    TestNetwork::add_route6(net_.blue, ip6_address({0xfd00, 0, 0, 0, 0, 0, 0, 0}), 9, kBlueB);
    TestNetwork::add_route4(net_.red, 0, 0, kRedC);
    TestNetwork::add_route6(net_.red, {}, 0, kRedC);
    net_.port(kBlueB).offload_checksums(true);
  }

  void run(const std::uint8_t* data, std::size_t size) {
    Reader input(data, size);
    bool red_sends = false;
    bool blue_sends = false;
    bool green_sends = false;
    std::size_t queued = 0;
    for (const Pod& pod : kPods) net_.port(pod).limit_tx(SIZE_MAX);
    for (const Pod& pod : kStations) net_.port(pod).limit_tx(SIZE_MAX);
    while (!input.empty()) {
      const std::uint8_t flags = input.byte();
      const bool named = (flags & kPodMask) != kPodMask;
      const std::uint8_t station = named ? std::uint8_t{0} : input.byte();
      if ((station & kEndBurst) != 0 || queued == kMaxBurst) {
        net_.run();
        queued = 0;
      }
      const Pod& pod = named                     ? kPods[flags & kPodMask]
                       : (station & kIsPod) != 0 ? kPods[0]
                                                 : kStations[station & kStationMask];
      (is_station(pod) ? green_sends : pod.port == kRedC.port ? red_sends : blue_sends) = true;
      net_.port(pod).inject(next_frame(input, flags, station, pod));
      ++queued;
      if ((flags & kTxFull) == 0) continue;
      for (const Pod& full : kPods) net_.port(full).limit_tx(1);
      for (const Pod& full : kStations) net_.port(full).limit_tx(1);
    }
    net_.run();
    check(blue_sends, red_sends);
    check_bridged(green_sends);
  }

 private:
  void access(const Pod& pod, std::uint16_t vlan) {
    net_.reconfigure(pod, [&](PortConfig& config) { config.pvid = vlan; });
  }

  Bytes next_frame(Reader& input, std::uint8_t flags, std::uint8_t station, const Pod& pod) {
    const std::size_t length = input.byte() + ((flags & kLong) != 0 ? 256u : 0u);
    const std::uint8_t chosen = (flags & kOverlay) != 0 ? input.byte() : std::uint8_t{0};
    Bytes frame = input.bytes(length);
    if ((flags & kOverlay) != 0) frame = overlaid(templates_[chosen % templates_.size()], frame);
    fix(frame, flags, pod);
    if ((station & kPinSender) != 0 && frame.size() >= kEthernetLength)
      std::memcpy(&frame[6], pod.mac.bytes.data(), 6);
    return frame;
  }

  void check_bridged(bool green_sends) {
    for (const Pod& pod : kStations) {
      const auto sent = net_.port(pod).take_sent();
      require(sent.empty() || green_sends, "a frame has come into the bridged network");
      for (const auto& frame : sent) check_station(pod, frame.bytes);
    }
    // The control side's work, so that the next input finds what a new agent would.
    net_.green.fdb.flush_learned();
    require(net_.green.fdb.size() == pinned_, "the FDB does not add up");
  }

  // On a trunk, a tag says one of its VLANs. A and B can only be reached with what they may get.
  void check_station(const Pod& pod, const Bytes& frame) const {
    require(frame.size() >= kEthernetLength, "a runt was sent");
    require((frame[6] & 1) == 0, "sent from a group");
    const bool trunk = pod.port >= kGreenC.port;
    if (!trunk || load_be16(&frame[12]) != kEtherTypeVlan) {
      require(pod.port != kGreenUplink.port, "a trunk without native VLAN got an untagged frame");
      return;
    }
    require(frame.size() >= kEthernetLength + 4 && trunk_.test(load_be16(&frame[14]) & 0xfff),
            "a tag of another VLAN");
  }

  void check(bool blue_sends, bool red_sends) {
    require(net_.pool_is_whole(), "a frame is missing");
    require(net_.counts_add_up(), "a frame is not accounted for");
    for (const Pod& pod : kPods) {
      const auto sent = net_.port(pod).take_sent();
      const bool may_receive = pod.port == kRedC.port ? red_sends : blue_sends;
      require(sent.empty() || may_receive, "a frame has come into another network");
      for (const auto& frame : sent) check_sent(pod, frame.bytes);
    }
  }

  VlanSet trunk_;
  TestNetwork net_{TestNetwork::kUnlimited, 2048};
  const std::uint32_t pinned_ = 2;
  const std::vector<Bytes> templates_ = make_templates();
};

}  // namespace

}  // namespace millrace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static millrace::Fuzzer fuzzer;
  fuzzer.run(data, size);
  return 0;
}
