#include "graph/graph_fixture.hpp"

namespace millrace {

namespace {

constexpr Mac kSolicitedMac{{0x33, 0x33, 0xff, 0, 0, 1}};
constexpr Ip6 kSolicitedNode = ip6_address({0xff02, 0, 0, 0, 0, 1, 0xff00, 1});
constexpr Ip6 kAllNodes = ip6_address({0xff02, 0, 0, 0, 0, 0, 0, 1});
constexpr Ip6 kLinkLocal = ip6_address({0xfe80, 0, 0, 0, 0, 0, 0, 0xa});
constexpr std::uint8_t kRouterSolicitation = 133, kRouterAdvertisement = 134, kRedirect = 137;

Bytes target_and(const Ip6& target, const Bytes& options) {
  return join({{target.bytes.begin(), target.bytes.end()}, options});
}

Bytes link_layer_option(std::uint8_t type, const Mac& mac) {
  return join({{type, 1}, {mac.bytes.begin(), mac.bytes.end()}});
}

struct Solicitation {
  Ip6 source = kBlueA.ip6;
  Ip6 destination = kSolicitedNode;
  Ip6 target = kBlueGateway6;
  Bytes options = link_layer_option(icmp6::kOptionSourceLinkLayer, kBlueA.mac);
  std::uint8_t hop_limit = 255;
  std::uint8_t type = icmp6::kNeighborSolicitation;
  std::uint8_t code = 0;
  std::uint32_t reserved = 0;
};

Bytes solicit(const Solicitation& fields, const Mac& destination = kSolicitedMac) {
  Bytes frame = ethernet(destination, kBlueA.mac, kEtherTypeIp6,
                         ip6_packet({.source = fields.source,
                                     .destination = fields.destination,
                                     .next = kProtoIcmp6,
                                     .hop_limit = fields.hop_limit},
                                    icmp_message(fields.type, fields.code, fields.reserved,
                                                 target_and(fields.target, fields.options))));
  seal_icmp6(frame);
  return frame;
}

Bytes advertisement(const Ip6& destination, std::uint32_t flags) {
  Bytes frame = frame_to(
      kBlueA, kEtherTypeIp6,
      ip6_packet(
          {.source = kBlueGateway6,
           .destination = destination,
           .next = kProtoIcmp6,
           .hop_limit = 255},
          icmp_message(icmp6::kNeighborAdvertisement, 0, flags,
                       target_and(kBlueGateway6, link_layer_option(icmp6::kOptionTargetLinkLayer,
                                                                   kBlueA.gateway_mac)))));
  seal_icmp6(frame);
  return frame;
}

constexpr std::uint32_t kRouterSolicitedOverride = 0xe0000000, kRouterOverride = 0xa0000000;

class NdResponderTest : public GraphTest {};

TEST_F(NdResponderTest, AnswersASolicitationForTheGateway) {
  expect_sent(kBlueA, solicit({}), kBlueA, advertisement(kBlueA.ip6, kRouterSolicitedOverride));
}

TEST_F(NdResponderTest, AnswersAReachabilityProbeSentToTheGateway) {
  const Solicitation probe{.destination = kBlueGateway6, .options = {}};
  expect_sent(kBlueA, solicit(probe, kBlueA.gateway_mac), kBlueA,
              advertisement(kBlueA.ip6, kRouterSolicitedOverride));
}

TEST_F(NdResponderTest, AnswersTheLinkLocalAddressOfThePod) {
  expect_sent(kBlueA, solicit({.source = kLinkLocal}), kBlueA,
              advertisement(kLinkLocal, kRouterSolicitedOverride));
}

TEST_F(NdResponderTest, DefendsTheGatewayAgainstDuplicateDetection) {
  expect_sent(kBlueA, solicit({.source = {}, .options = {}}), kBlueA,
              advertisement(kAllNodes, kRouterOverride));
}

TEST_F(NdResponderTest, SkipsOptionsItDoesNotKnowAndTheReservedField) {
  const Bytes nonce = {14, 1, 1, 2, 3, 4, 5, 6};
  const Bytes unknown = join({{200, 2}, Bytes(14, 9)});
  const Solicitation fields{.options = join({unknown, nonce}), .reserved = 0xffffffff};
  expect_sent(kBlueA, solicit(fields), kBlueA, advertisement(kBlueA.ip6, kRouterSolicitedOverride));
}

TEST_F(NdResponderTest, LeavesOutThePaddingOfTheFrame) {
  expect_sent(kBlueA, join({solicit({}), Bytes(12, 0xee)}), kBlueA,
              advertisement(kBlueA.ip6, kRouterSolicitedOverride));
}

TEST_F(NdResponderTest, DropsMalformedSolicitations) {
  Bytes bad_checksum = solicit({});
  bad_checksum.back() ^= 1;
  Bytes short_message =
      frame_from(kBlueA, kEtherTypeIp6,
                 ip6_packet({.source = kBlueA.ip6,
                             .destination = kSolicitedNode,
                             .next = kProtoIcmp6,
                             .hop_limit = 255},
                            icmp_message(icmp6::kNeighborSolicitation, 0, 0, counting(15))));
  seal_icmp6(short_message);
  const DropReason malformed = DropReason::kNdMalformed;
  expect_all_dropped(
      kBlueA,
      {{"hop limit 254: routed", solicit({.hop_limit = 254}), malformed},
       {"hop limit 0", solicit({.hop_limit = 0}), malformed},
       {"code 1", solicit({.code = 1}), malformed},
       {"wrong checksum", bad_checksum, malformed},
       {"target cut short", short_message, malformed},
       {"option of length 0", solicit({.options = {1, 0, 0, 0, 0, 0, 0, 0}}), malformed},
       {"second option of length 0",
        solicit({.options = join({link_layer_option(1, kBlueA.mac), Bytes(8)})}), malformed},
       {"option longer than the packet", solicit({.options = {1, 2, 0, 0, 0, 0, 0, 0}}), malformed},
       {"longest option", solicit({.options = {1, 255, 0, 0, 0, 0, 0, 0}}), malformed},
       {"duplicate detection with a link-layer address", solicit({.source = {}}), malformed},
       {"duplicate detection sent to one node",
        solicit({.source = {}, .destination = kBlueGateway6, .options = {}}), malformed},
       {"half an option", solicit({.options = {1, 1, 0, 0}}), malformed},
       {"one byte of an option", solicit({.options = {1}}), malformed}});
}

TEST_F(NdResponderTest, DropsSolicitationsWithAnotherSource) {
  const DropReason spoofed = DropReason::kSourceAddress;
  expect_all_dropped(kBlueA,
                     {{"the other pod", solicit({.source = kBlueB.ip6}), spoofed},
                      {"the gateway", solicit({.source = kBlueGateway6}), spoofed},
                      {"a site-local address",
                       solicit({.source = ip6_address({0xfec0, 0, 0, 0, 0, 0, 0, 1})}), spoofed},
                      {"a multicast source", solicit({.source = kAllNodes}), spoofed}});
}

TEST_F(NdResponderTest, IgnoresWhatIsNotASolicitationForTheGateway) {
  const DropReason ignored = DropReason::kNdIgnored;
  expect_all_dropped(
      kBlueA,
      {{"the other pod", solicit({.target = kBlueB.ip6}), ignored},
       {"duplicate detection of its own",
        solicit({.source = {}, .target = kBlueA.ip6, .options = {}}), ignored},
       {"gateway of another network", solicit({.target = kRedGateway6}), ignored},
       {"router solicitation", solicit({.type = kRouterSolicitation}), ignored},
       {"router advertisement", solicit({.type = kRouterAdvertisement}), ignored},
       {"neighbour advertisement", solicit({.type = icmp6::kNeighborAdvertisement}), ignored},
       {"redirect", solicit({.type = kRedirect}), ignored}});
}

TEST_F(NdResponderTest, StaysSilentInANetworkWithoutIp6Gateway) {
  net.blue.has_gateway6 = false;
  expect_dropped(kBlueA, solicit({}), DropReason::kNdIgnored);
}

TEST_F(NdResponderTest, AnswersAPodWithoutGlobalAddressOnlyAtItsLinkLocalOne) {
  net.reconfigure(kBlueA, [](PortConfig& config) { config.has_ip6 = false; });
  expect_dropped(kBlueA, solicit({}), DropReason::kSourceAddress);
  expect_sent(kBlueA, solicit({.source = kLinkLocal}), kBlueA,
              advertisement(kLinkLocal, kRouterSolicitedOverride));
}

TEST_F(NdResponderTest, NeverForwardsNeighbourDiscoveryToAnotherPod) {
  const Solicitation fields{.destination = kBlueB.ip6, .target = kBlueB.ip6};
  expect_dropped(kBlueA, solicit(fields, kBlueA.gateway_mac), DropReason::kNdIgnored);
}

}  // namespace

}  // namespace millrace
