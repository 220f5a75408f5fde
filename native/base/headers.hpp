#pragma once
// Offsets and constants of the protocols that the graph reads, each with its source.
#include <cstdint>

namespace millrace {

// IEEE 802.3
constexpr std::uint32_t kEthernetLength = 14;
constexpr std::uint16_t kEtherTypeIp4 = 0x0800;
constexpr std::uint16_t kEtherTypeArp = 0x0806;
constexpr std::uint16_t kEtherTypeVlan = 0x8100;
constexpr std::uint16_t kEtherTypeQinQ = 0x88a8;
constexpr std::uint16_t kEtherTypeIp6 = 0x86dd;
// IEEE 802 local experimental ethertype 1: the frames of the port self-test.
constexpr std::uint16_t kEtherTypeSelfTest = 0x88b5;

// IPv4, RFC 791
namespace ip4 {
constexpr std::uint32_t kMinHeader = 20;
constexpr std::uint32_t kTotalLength = 2, kFragment = 6, kTtl = 8, kProtocol = 9, kChecksum = 10,
                        kSource = 12, kDestination = 16;
constexpr std::uint16_t kDontFragment = 0x4000, kMoreFragments = 0x2000, kOffsetMask = 0x1fff;
constexpr std::uint8_t kOptionEnd = 0, kOptionNop = 1, kOptionLooseRoute = 131,
                       kOptionStrictRoute = 137;
}  // namespace ip4

// IPv6, RFC 8200
namespace ip6 {
constexpr std::uint32_t kHeader = 40;
constexpr std::uint32_t kPayloadLength = 4, kNextHeader = 6, kHopLimit = 7, kSource = 8,
                        kDestination = 24;
constexpr std::uint32_t kMinMtu = 1280;
constexpr std::uint8_t kHopByHop = 0, kRouting = 43, kFragment = 44, kNoNextHeader = 59,
                       kDestinationOptions = 60;
}  // namespace ip6

// IANA protocol numbers
constexpr std::uint8_t kProtoIcmp = 1, kProtoTcp = 6, kProtoUdp = 17, kProtoIcmp6 = 58,
                       kProtoSctp = 132;

// RFC 792
namespace icmp4 {
constexpr std::uint8_t kEchoReply = 0, kUnreachable = 3, kSourceQuench = 4, kRedirect = 5,
                       kEchoRequest = 8, kTimeExceeded = 11, kParameterProblem = 12;
constexpr std::uint8_t kCodeNet = 0, kCodeHost = 1, kCodeProtocol = 2, kCodePort = 3,
                       kCodeFragNeeded = 4, kCodeProhibited = 13;  // 13: RFC 1812 5.2.7.1
}  // namespace icmp4

// RFC 4443 and RFC 4861
namespace icmp6 {
constexpr std::uint8_t kUnreachable = 1, kTooBig = 2, kTimeExceeded = 3, kParameterProblem = 4,
                       kEchoRequest = 128, kEchoReply = 129, kNeighborSolicitation = 135,
                       kNeighborAdvertisement = 136;
constexpr std::uint8_t kCodeNoRoute = 0, kCodeProhibited = 1, kCodeAddress = 3, kCodePort = 4,
                       kCodeUnrecognizedNextHeader = 1;
constexpr std::uint8_t kOptionSourceLinkLayer = 1, kOptionTargetLinkLayer = 2;
constexpr std::uint8_t kErrorLimit = 128;  // types below are errors
}  // namespace icmp6

}  // namespace millrace
