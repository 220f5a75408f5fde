// VTEPs, peers and VNIs of a running dataplane: what is refused, and what goes with what.
#include "engine/dataplane_fixture.hpp"

namespace millrace {

namespace {

class OverlayTest : public DataplaneTest {
 protected:
  void with_vtep(const std::function<void()>& test) {
    on_node([&] {
      under_ = dataplane_->add_network({"under", {}, {}, {}});
      lan_ = dataplane_->add_network(bridged("lan"));
      vtep_ = dataplane_->add_vtep(request()).id;
      test();
    });
  }
  static NetworkRequest bridged(const std::string& name) { return {name, {}, {}, BridgeRequest{}}; }

  VtepRequest request() const {
    VtepRequest vtep;
    vtep.name = "vtep0";
    vtep.underlay = under_;
    vtep.address4 = parse_address("192.0.2.1");
    return vtep;
  }
  void peers(const std::vector<PeerChange>& changes) { dataplane_->apply_peers(vtep_, changes); }
  static PeerChange peer(ChangeOp op, const std::string& address) {
    return {op, parse_address(address), 0};
  }
  std::uint16_t join(std::uint32_t network, std::uint32_t vni) {
    return dataplane_->add_vni(network,
                               {.vtep = vtep_, .vni = vni, .mac = Mac{{2, 0, 0, 0, 0, 1}}});
  }
  static void expect_refused(const std::string& why, const std::function<void()>& work) {
    try {
      work();
      ADD_FAILURE() << "accepted: " << why;
    } catch (const std::exception& error) {
      EXPECT_NE(std::string(error.what()).find(why), std::string::npos) << error.what();
    }
  }

  std::uint32_t under_ = 0, lan_ = 0, vtep_ = 0;
};

TEST_F(OverlayTest, RefusesPeersThatMakeNoSenseAndChangesNothing) {
  with_vtep([&] {
    peers({peer(ChangeOp::kAdd, "192.0.2.2")});
    const auto refused = [&](const std::string& why, ChangeOp op, const std::string& address) {
      expect_refused(why, [&] { peers({peer(ChangeOp::kAdd, "192.0.2.3"), peer(op, address)}); });
    };
    refused("exists already", ChangeOp::kAdd, "192.0.2.2");
    refused("does not exist", ChangeOp::kDelete, "192.0.2.9");
    refused("named twice", ChangeOp::kAdd, "192.0.2.3");
    refused("no address of that family", ChangeOp::kAdd, "fd00::2");
    refused("itself", ChangeOp::kAdd, "192.0.2.1");
    refused("not the address of a host", ChangeOp::kAdd, "224.0.0.1");
    EXPECT_EQ(dataplane_->list_peers(vtep_).size(), 1u);
  });
}

TEST_F(OverlayTest, HasRoomForPeersWhereOthersLeaveInTheSameBatch) {
  with_vtep([&] {
    std::vector<PeerChange> all;
    for (std::uint32_t i = 0; i < kMaxPeers; ++i)
      all.push_back({ChangeOp::kAdd, IpAddress::of(ip4_address(198, 18, 0, 1) + i), 0});
    peers(all);
    expect_refused("at most", [&] { peers({peer(ChangeOp::kAdd, "192.0.2.2")}); });
    peers({peer(ChangeOp::kDelete, "198.18.0.1"), peer(ChangeOp::kAdd, "192.0.2.2")});
    for (PeerChange& change : all) change.op = ChangeOp::kDelete;
    all.front().address = parse_address("192.0.2.2");
    peers(all);
    EXPECT_TRUE(dataplane_->list_peers(vtep_).empty());
  });
}

TEST_F(OverlayTest, TakesWhatLeadsToAPeerAwayWithIt) {
  with_vtep([&] {
    peers({peer(ChangeOp::kAdd, "192.0.2.2"), peer(ChangeOp::kAdd, "192.0.2.3")});
    const std::uint16_t port = join(lan_, 200);
    const Mac here{{2, 0, 0, 0, 9, 2}};
    const Mac there{{2, 0, 0, 0, 9, 3}};
    dataplane_->apply_fdb(
        lan_, std::array{FdbChange{ChangeOp::kAdd, here, 0, port, parse_address("192.0.2.2")},
                         FdbChange{ChangeOp::kAdd, there, 0, port, parse_address("192.0.2.3")}});
    dataplane_->set_flood(lan_, std::array{parse_address("192.0.2.2"), parse_address("192.0.2.3")});
    peers({peer(ChangeOp::kDelete, "192.0.2.2")});
    const std::vector<FdbInfo> left = dataplane_->list_fdb(lan_);
    ASSERT_EQ(left.size(), 1u);
    EXPECT_EQ(left[0].entry.mac, there);
    EXPECT_EQ(left[0].entry.port, port);
    EXPECT_EQ(left[0].peer, parse_address("192.0.2.3"));
  });
}

TEST_F(OverlayTest, RefusesEntriesForNoPeerAndPeersForOtherPorts) {
  with_vtep([&] {
    const std::uint16_t port = join(lan_, 200);
    const Mac mac{{2, 0, 0, 0, 9, 2}};
    const auto add = [&](std::optional<IpAddress> peer) {
      dataplane_->apply_fdb(lan_, std::array{FdbChange{ChangeOp::kAdd, mac, 0, port, peer}});
    };
    expect_refused("needs a peer", [&] { add(std::nullopt); });
    expect_refused("has no peer 192.0.2.7", [&] { add(parse_address("192.0.2.7")); });
    expect_refused("has no peer",
                   [&] { dataplane_->set_flood(lan_, std::array{parse_address("192.0.2.7")}); });
  });
}

TEST_F(OverlayTest, GivesEachVniOfAVtepToOneNetwork) {
  with_vtep([&] {
    const std::uint32_t other = dataplane_->add_network(bridged("other"));
    join(lan_, 200);
    expect_refused("has a VNI already", [&] { join(lan_, 201); });
    expect_refused("VNI 200 is in use", [&] { join(other, 200); });
    dataplane_->remove_vni(lan_);
    join(other, 200);
  });
}

TEST_F(OverlayTest, KeepsAVtepThatIsInUseAndANetworkThatTakesPart) {
  with_vtep([&] {
    join(lan_, 200);
    expect_refused("uses it", [&] { dataplane_->remove_vtep(vtep_); });
    expect_refused("still has ports", [&] { dataplane_->remove_network(lan_); });
    dataplane_->remove_vni(lan_);
    dataplane_->remove_vtep(vtep_);
    dataplane_->remove_network(lan_);
    dataplane_->remove_network(under_);
  });
}

TEST_F(OverlayTest, RefusesAVtepWithoutAddressOrWithAnotherOnesPort) {
  with_vtep([&] {
    VtepRequest second = request();
    second.name = "vtep1";
    expect_refused("belongs to VTEP vtep0", [&] { dataplane_->add_vtep(second); });
    second.udp_port = 8472;
    second.address4.reset();
    expect_refused("no address", [&] { dataplane_->add_vtep(second); });
    second.address4 = parse_address("192.0.2.1");
    second.underlay = lan_;
    expect_refused("cannot be an underlay", [&] { dataplane_->add_vtep(second); });
  });
}

TEST_F(OverlayTest, HasNoDeviceBehindThePortOfAVni) {
  with_vtep([&] {
    const std::uint16_t port = join(lan_, 200);
    expect_refused("has no device", [&] { dataplane_->remove_port(port); });
    expect_refused("has no device", [&] { dataplane_->move_port(port, 0, 1); });
    EXPECT_FALSE(dataplane_->statistics(port));
  });
}

}  // namespace

}  // namespace millrace
