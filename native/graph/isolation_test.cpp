#include "graph/graph_fixture.hpp"

namespace millrace {

namespace {

class IsolationTest : public GraphTest {
 protected:
  static Bytes no_net(const Pod& from, Ip4 gateway, const Bytes& frame) {
    return icmp4_error_to(from, gateway, icmp4::kUnreachable, icmp4::kCodeNet, 0, frame);
  }
  static Bytes no_route(const Pod& from, const Ip6& gateway, const Bytes& frame) {
    return icmp6_error_to(from, gateway, icmp6::kUnreachable, icmp6::kCodeNoRoute, 0, frame);
  }
};

TEST_F(IsolationTest, KnowsNoWayFromOneNetworkIntoAnother) {
  const Bytes blue_to_red = udp4(kBlueA, kRedC.ip4);
  expect_refused(kBlueA, blue_to_red, DropReason::kNoRoute,
                 no_net(kBlueA, kBlueGateway4, blue_to_red));
  const Bytes red_to_blue = udp4(kRedC, kBlueA.ip4);
  expect_refused(kRedC, red_to_blue, DropReason::kNoRoute,
                 no_net(kRedC, kRedGateway4, red_to_blue));
  const Bytes blue_to_red6 = udp6(kBlueA, kRedC.ip6);
  expect_refused(kBlueA, blue_to_red6, DropReason::kNoRoute,
                 no_route(kBlueA, kBlueGateway6, blue_to_red6));
}

TEST_F(IsolationTest, HasNoGatewayInAnotherNetwork) {
  const Bytes frame4 = udp4(kBlueA, kRedGateway4);
  expect_refused(kBlueA, frame4, DropReason::kNoRoute, no_net(kBlueA, kBlueGateway4, frame4));
  const Bytes frame6 = udp6(kBlueA, kRedGateway6);
  expect_refused(kBlueA, frame6, DropReason::kNoRoute, no_route(kBlueA, kBlueGateway6, frame6));
}

TEST_F(IsolationTest, IsNotFooledByTheMacOfAnotherNetwork) {
  Bytes frame = udp4(kBlueA, kRedC.ip4);
  std::memcpy(&frame[0], kRedC.mac.bytes.data(), 6);
  expect_dropped(kBlueA, frame, DropReason::kNotForUs);
  std::memcpy(&frame[0], kRedC.gateway_mac.bytes.data(), 6);
  expect_dropped(kBlueA, frame, DropReason::kNotForUs);
}

TEST_F(IsolationTest, KeepsEqualAddressesOfTwoNetworksApart) {
  TestNetwork::add_route4(net.red, kBlueB.ip4, 32, kRedC);
  TestNetwork::add_route6(net.red, kBlueB.ip6, 128, kRedC);
  expect_forwarded(kBlueA, udp4(kBlueA, kBlueB.ip4), kBlueB);
  expect_forwarded(kBlueA, udp6(kBlueA, kBlueB.ip6), kBlueB);
  expect_forwarded(kRedC, udp4(kRedC, kBlueB.ip4), kRedC);
  expect_forwarded(kRedC, udp6(kRedC, kBlueB.ip6), kRedC);
}

TEST_F(IsolationTest, GivesAPrefixOfOneNetworkToNobodyInAnother) {
  TestNetwork::add_route4(net.blue, 0, 0, kBlueB);
  TestNetwork::add_route6(net.blue, {}, 0, kBlueB);
  const Bytes frame4 = udp4(kRedC, ip4_address(203, 0, 113, 1));
  expect_refused(kRedC, frame4, DropReason::kNoRoute, no_net(kRedC, kRedGateway4, frame4));
  const Bytes frame6 = udp6(kRedC, kBlueA.ip6);
  expect_refused(kRedC, frame6, DropReason::kNoRoute, no_route(kRedC, kRedGateway6, frame6));
}

TEST_F(IsolationTest, NeverAcceptsTheSameAddressFromTwoPods) {
  const Pod spoofing{kBlueB.port, kBlueB.mac, kBlueB.gateway_mac, kBlueA.ip4, kBlueA.ip6};
  expect_dropped(kBlueB, udp4(spoofing, kBlueA.ip4), DropReason::kSourceAddress);
  expect_dropped(kBlueB, udp6(spoofing, kBlueA.ip6), DropReason::kSourceAddress);
}

}  // namespace

}  // namespace millrace
