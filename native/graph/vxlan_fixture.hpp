#pragma once
// GoogleTest fixture with an overlay.
#include "graph/bridge_fixture.hpp"
#include "graph/vxlan_network.hpp"

namespace millrace {

class VxlanTest : public BridgeTest {
 protected:
  // A pod's packet as it is inside a tunnel to the router with that MAC.
  static Bytes routed_to(const Mac& router, const Bytes& frame) {
    Bytes packet(frame.begin() + kEthernetLength, frame.end());
    const std::uint16_t type = load_be16(&frame[12]);
    --packet.at(type == kEtherTypeIp6 ? ip6::kHopLimit : ip4::kTtl);
    if (type == kEtherTypeIp4) seal_ip4(packet);
    return ethernet(router, kBlueMac, type, packet);
  }
  // The one frame that leaves by the uplink.
  Bytes sent_to_underlay(const Pod& from, const Bytes& frame) {
    send(from, frame);
    const std::vector<Bytes> frames = received_by(kRedC);
    EXPECT_EQ(frames.size(), 1u);
    return frames.size() == 1 ? frames.front() : Bytes{};
  }
  std::uint64_t drops_at(std::uint16_t port, DropReason reason) const {
    return net.counters_of(port).drops(reason);
  }
  // From another VTEP, and refused for that reason, counted at the uplink or the VNI.
  void expect_refused_inside(const char* what, const Bytes& frame, DropReason reason) {
    SCOPED_TRACE(what);
    const auto count = [&] {
      return net.counters_of(kRedC).drops(reason) + drops_at(kBluePort, reason) +
             drops_at(kGreenPort, reason);
    };
    const std::uint64_t before = count();
    send(kRedC, frame);
    EXPECT_EQ(count(), before + 1);
    for (const Pod& pod : kPods) EXPECT_TRUE(received_by(pod).empty());
    for (const Pod& pod : kStations) EXPECT_TRUE(received_by(pod).empty());
  }

  VxlanNetwork overlay{net};
};

}  // namespace millrace
