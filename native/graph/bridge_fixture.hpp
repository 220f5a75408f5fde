#pragma once
// GoogleTest fixture for the bridged network: who receives what, byte for byte.
#include "graph/graph_fixture.hpp"

namespace millrace {

constexpr Mac kBroadcastMac{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
constexpr Mac kStranger{{2, 0, 0, 0, 9, 1}}, kOtherStranger{{2, 0, 0, 0, 9, 2}};

// The tag in front of what stands there, outermost.
inline Bytes tagged(Bytes frame, std::uint16_t tci, std::uint16_t tpid = kEtherTypeVlan) {
  Bytes tag(4);
  store_be16(&tag[0], tpid);
  store_be16(&tag[2], tci);
  frame.insert(frame.begin() + 12, tag.begin(), tag.end());
  return frame;
}

// A UDP packet between two stations.
inline Bytes l2_udp(const Mac& to, const Pod& from, std::size_t data = 18) {
  Bytes frame = ethernet(to, from.mac, kEtherTypeIp4,
                         ip4_packet({.source = from.ip4, .destination = ip4_address(10, 3, 0, 99)},
                                    udp(counting(data))));
  set_checksum(frame, {kProtoUdp, kEthernetLength + ip4::kMinHeader, 6}, Checksum::kRight);
  return frame;
}
// A frame that says nothing but who sends it to whom.
inline Bytes l2_frame(const Mac& to, const Mac& from, std::size_t data = 46) {
  return ethernet(to, from, 0x88b6, counting(data));
}

class BridgeTest : public GraphTest {
 protected:
  BridgeTest() {
    net.green.flood_per_second = 0;
    now_ns = 1'000 * kSecondNs;
    net.graph.clock = [] { return now_ns; };
  }
  ~BridgeTest() override = default;

  void TearDown() override {
    for (const Pod& pod : kStations)
      EXPECT_TRUE(received_by(pod).empty()) << "unexpected frame to port " << pod.port;
    GraphTest::TearDown();
  }

  struct Delivery {
    const Pod& to;
    Bytes frame;
  };
  // Exactly these frames leave.
  void expect_delivered(const Pod& from, const Bytes& frame,
                        const std::vector<Delivery>& expected) {
    send(from, frame);
    for (const Pod& pod : kStations) {
      std::vector<std::string> wanted;
      std::vector<std::string> got;
      for (const Delivery& delivery : expected)
        if (delivery.to.port == pod.port) wanted.push_back(hex(delivery.frame));
      for (const Bytes& sent : received_by(pod)) got.push_back(hex(sent));
      EXPECT_EQ(got, wanted) << "at port " << pod.port;
    }
  }
  void expect_dropped(const Pod& from, const Bytes& frame, DropReason reason) {
    EXPECT_EQ(reason_for(from, frame), reason);
    expect_silence();
  }
  void expect_all_dropped(const Pod& from, const std::vector<DropCase>& cases) {
    for (const DropCase& c : cases) {
      SCOPED_TRACE(c.description);
      expect_dropped(from, c.frame, c.reason);
    }
  }
  void expect_silence() {
    for (const Pod& pod : kStations)
      for (const Bytes& sent : received_by(pod))
        ADD_FAILURE() << "sent to port " << pod.port << ": " << hex(sent);
  }
  void forget_received() {
    for (const Pod& pod : kStations) net.port(pod).take_sent();
  }

  // An access port of a VLAN, or a trunk.
  void make_access(const Pod& pod, std::uint16_t vlan) {
    net.reconfigure(pod, [&](PortConfig& config) { config.pvid = vlan; });
  }
  void make_trunk(const Pod& pod, std::initializer_list<std::uint16_t> vlans,
                  std::uint16_t native = 0) {
    VlanSet& set = sets_[pod.port - kGreenA.port];
    set.reset();
    for (const std::uint16_t vlan : vlans) set.set(vlan);
    net.reconfigure(pod, [&](PortConfig& config) {
      config.pvid = native;
      config.tagged = &set;
    });
  }
  std::vector<GraphEvent> events() {
    std::vector<GraphEvent> all;
    for (GraphEvent event; net.events.pop(&event, 1) == 1;) all.push_back(event);
    return all;
  }

  static inline std::uint64_t now_ns = 0;

 private:
  std::array<VlanSet, kStations.size()> sets_;
};

}  // namespace millrace
