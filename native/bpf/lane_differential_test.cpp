// The flow lane beside the graph it has learned from: whatever a frame is, the lane either leaves
// it to the loop or does with it just what the graph does.
#include <random>

#include "bpf/lane_fixture.hpp"

namespace millrace {

namespace {

struct Flow {
  const char* name;
  const Pod& from;
  bool ip6;
  bool bridged;
  Mac to;     // bridged
  Ip4 to4{};  // routed
  Ip6 to6{};
  std::uint32_t vni = 0;  // it comes out of this tunnel
};

constexpr Ip4 kBehindBoth = ip4_address(10, 97, 0, 5);  // equal-cost paths

const std::vector<Flow>& flows() {
  static const std::vector<Flow> kFlows = {
      {"routed over IPv4", kBlueA, false, false, {}, kBlueB.ip4, {}},
      {"routed over IPv6", kBlueB, true, false, {}, {}, kBlueA.ip6},
      {"routed by one of two paths", kBlueA, false, false, {}, kBehindBoth, {}},
      {"routed into a tunnel", kBlueA, false, false, {}, kRemote4, {}},
      {"routed into a tunnel over IPv6", kBlueA, false, false, {}, kRemoteBehind6, {}},
      {"bridged, IPv4", kGreenA, false, true, kGreenB.mac, kGreenB.ip4, {}},
      {"bridged, IPv6", kGreenB, true, true, kGreenA.mac, {}, kGreenA.ip6},
      {"bridged into a tunnel",
       kGreenA,
       false,
       true,
       kRemoteStation,
       ip4_address(10, 3, 0, 99),
       {}},
      {"bridged into a tunnel, IPv6", kGreenA, true, true, kRemoteStation, {}, kPeer6},
      {"out of a tunnel, routed", kRedC, false, false, {}, kBlueA.ip4, {}, kBlueVni},
      {"out of a tunnel, bridged", kRedC, true, true, kGreenA.mac, {}, kGreenA.ip6, kGreenVni},
  };
  return kFlows;
}

class LaneDifferentialTest : public LaneFixture {
 protected:
  void SetUp() override {
    LaneFixture::SetUp();
    if (IsSkipped()) return;
    Adjacency other = net().adjacencies[kFirstAdjacency + kBlueB.port];
    other.destination.bytes[5] ^= 0x10;
    net().adjacencies.publish(kOtherWay, other);
    for (std::uint32_t i = 0; i < kGroupBuckets; ++i)
      both_.buckets[i] = i % 2 == 0 ? kOtherWay : kFirstAdjacency + kBlueB.port;
    Adjacency group;
    group.kind = AdjacencyKind::kGroup;
    group.group = &both_;
    net().adjacencies.publish(kBothWays, group);
    std::uint8_t bytes[4];
    store_be32(bytes, kBehindBoth);
    net().blue.fib4.insert(bytes, 32, kBothWays);
  }
  std::uint32_t below(std::uint32_t limit) { return random_() % limit; }
  bool once_in(std::uint32_t times) { return below(times) == 0; }
  template <class T>
  T one_of(std::initializer_list<T> values) {
    return values.begin()[below(static_cast<std::uint32_t>(values.size()))];
  }

  Bytes transport(bool tcp_packet) {
    const std::size_t length =
        one_of<std::size_t>({0, 1, 6, 18, 63, 64, 255, 512, 1000, 1380, 1472});
    Bytes l4 = tcp_packet ? tcp(counting(length)) : udp(counting(length));
    store_be16(&l4[0], static_cast<std::uint16_t>(4000 + below(8)));
    store_be16(&l4[2], one_of<std::uint16_t>({5000, 5000, 5001, 4789}));
    return l4;
  }
  // Nearly always a packet of the flow; sometimes one that only resembles it.
  Bytes packet(const Flow& flow, std::uint8_t protocol) {
    const Bytes l4 = transport(protocol == kProtoTcp);
    const auto ttl = one_of<std::uint8_t>({64, 64, 64, 255, 2, 1, 0});
    if (flow.ip6)
      return ip6_packet(
          {.source = source6(flow), .destination = flow.to6, .next = protocol, .hop_limit = ttl},
          l4);
    Ip4Fields fields{.source = source4(flow), .destination = flow.to4, .protocol = protocol};
    fields.ttl = ttl;
    fields.tos = one_of<std::uint8_t>({0, 0, 1, 2, 3, 0xb8, 0xff});
    fields.fragment =
        once_in(8) ? one_of<std::uint16_t>({0x2000, 0x2001, 5}) : std::uint16_t{0x4000};
    if (once_in(12)) fields.options = {1, 1, 1, 0};
    Bytes whole = ip4_packet(fields, l4);
    if (once_in(12)) whole[ip4::kChecksum] ^= 0x55;
    return whole;
  }
  Ip4 source4(const Flow& flow) {
    if (once_in(12)) return ip4_address(10, 1, 0, 200);
    return flow.vni != 0 ? kRemote4 : flow.from.ip4;
  }
  Ip6 source6(const Flow& flow) { return flow.vni != 0 ? kPeer6 : flow.from.ip6; }

  Bytes inner_frame(const Flow& flow) {
    const auto protocol = one_of<std::uint8_t>({kProtoTcp, kProtoUdp, kProtoUdp});
    const Bytes ip = packet(flow, protocol);
    Mac to = flow.bridged ? flow.to : flow.vni != 0 ? kBlueMac : flow.from.gateway_mac;
    Mac from = flow.vni == 0 ? flow.from.mac : flow.bridged ? kRemoteStation : kPeerMac;
    if (once_in(20)) from.bytes[5] ^= 1;
    if (once_in(20)) to.bytes[4] ^= 1;
    Bytes frame = ethernet(to, from, flow.ip6 ? kEtherTypeIp6 : kEtherTypeIp4, ip);
    const std::size_t l4 = frame.size() - transport_length(ip, flow.ip6);
    const std::size_t field = protocol == kProtoTcp ? 16 : 6;
    Checksum kind = one_of({Checksum::kRight, Checksum::kPartial, Checksum::kPartial,
                            Checksum::kWrong, Checksum::kNone});
    if (kind == Checksum::kPartial && !partial_) kind = Checksum::kRight;
    if (frame.size() >= l4 + field + 2) set_checksum(frame, {protocol, l4, field}, kind);
    if (once_in(12)) frame.resize(frame.size() + 1 + below(20));  // padding
    if (once_in(12)) frame.resize(kEthernetLength + below(static_cast<std::uint32_t>(ip.size())));
    return frame;
  }
  static std::size_t transport_length(const Bytes& ip, bool ip6) {
    return ip.size() - (ip6 ? ip6::kHeader : (ip[0] & 15u) * 4u);
  }
  static constexpr Transport4or6 kOuterUdp{kProtoUdp, kEthernetLength + ip4::kMinHeader, 6};
  // Right, or as a kernel on this machine leaves it: to us, or counting on the inner one that is.
  void sum_outer(Bytes& frame, const Flow& flow) {
    const std::size_t l4 = kEthernetLength + (flow.ip6 ? ip6::kHeader : ip4::kMinHeader);
    const auto begin = frame.begin() + MILLRACE_LANE_OUTER;
    Bytes inner(begin, frame.end());
    const bool has_ports = inner.size() > l4;  // it may be cut short
    const std::uint8_t protocol = has_ports ? inner[kEthernetLength + (flow.ip6 ? 6 : 9)] : 0;
    const std::size_t field = protocol == kProtoTcp ? 16 : 6;
    const bool counts_on_inner = partial_ && once_in(2) && inner.size() >= l4 + field + 2;
    const auto set_inner = [&](Checksum kind) {
      if (!counts_on_inner) return;
      set_checksum(inner, {protocol, l4, field}, kind);
      std::copy(inner.begin(), inner.end(), begin);
    };
    set_inner(Checksum::kRight);
    set_checksum(
        frame, kOuterUdp,
        one_of({Checksum::kRight, Checksum::kRight, Checksum::kPartial, Checksum::kWrong}));
    set_inner(Checksum::kPartial);
  }
  Bytes frame(const Flow& flow) {
    Bytes inner = inner_frame(flow);
    if (flow.vni == 0) return inner;
    OuterFields outer{.vni = flow.vni};
    outer.tos = one_of<std::uint8_t>({0, 0, 0, 1, 2, 3, 0xb8});
    if (once_in(12)) outer.source = kOtherPeer4;
    if (once_in(12)) outer.vni = 300 - flow.vni;
    if (once_in(12)) outer.flags = 0;
    if (once_in(12)) outer.length_error = one_of({-1, 1});
    Bytes whole = from_peer(outer, inner);
    if (once_in(3)) sum_outer(whole, flow);
    if (once_in(12)) whole[5] ^= 1;
    return whole;
  }

  void compare(const Flow& flow) {
    const Bytes sent = frame(flow);
    SCOPED_TRACE(std::string(flow.name) + ": " + hex(sent));
    const std::vector<Left> expected = through_graph(flow.from, sent);
    const std::optional<Left> got = through_lane(flow.from, sent);
    if (!got) return;
    ++hits_[flow.name];
    EXPECT_EQ(counted_.packets, 1u);
    EXPECT_EQ(counted_.bytes, sent.size());
    ASSERT_EQ(expected.size(), 1u);
    EXPECT_EQ(got->port, expected[0].port);
    EXPECT_EQ(hex(got->frame), hex(expected[0].frame));
  }

  static constexpr std::uint32_t kOtherWay = kFirstAdjacency + 20, kBothWays = kOtherWay + 1;
  Group both_;
  std::mt19937 random_{8};
  std::map<std::string, std::uint32_t> hits_;
  // An skb says itself that its checksum is left to the device, so no other is touched at tcx.
  bool partial_ = true;

  void compare_all();
};

TEST_F(LaneDifferentialTest, DoesWhatTheGraphDoesOrNothing) {
  compare_all();
}

TEST_F(LaneDifferentialTest, DoesAtTcxWhatTheGraphDoesOrNothing) {
  ASSERT_NO_FATAL_FAILURE(use_tc());
  partial_ = false;
  compare_all();
}

void LaneDifferentialTest::compare_all() {
  constexpr std::uint32_t kFramesPerFlow = 1500;
  for (std::uint32_t i = 0; i < kFramesPerFlow; ++i)
    for (const Flow& flow : flows()) {
      ASSERT_NO_FATAL_FAILURE(compare(flow));
      if (HasFailure()) return;
    }
  for (const Flow& flow : flows()) {
    const bool over_ip6 = flow.to4 == kRemoteBehind6;  // stays with the loop
    if (over_ip6)
      EXPECT_EQ(hits_[flow.name], 0u);
    else
      EXPECT_GT(hits_[flow.name], kFramesPerFlow / 20) << flow.name;
  }
}

}  // namespace

}  // namespace millrace
