#pragma once
// Every frame that is not forwarded is counted under exactly one of these names. The names are part
// of the API: metrics, CLI and JSON show them as they stand here. Append only.
#include <array>
#include <cstdint>
#include <string_view>

namespace millrace {

#define MILLRACE_DROP_REASONS(X)                                           \
  X(kRunt, "runt")                      /* shorter than Ethernet */        \
  X(kNotForUs, "not-for-us")            /* other destination MAC */        \
  X(kSourceMac, "source-mac")           /* not the pod's MAC */            \
  X(kSourceAddress, "source-address")   /* not the pod's address */        \
  X(kVlanUnexpected, "vlan-unexpected") /* tagged frame, access port */    \
  X(kEtherTypeUnknown, "ethertype-unknown")                                \
  X(kArpMalformed, "arp-malformed")                                        \
  X(kArpIgnored, "arp-ignored")     /* not for the gateway */              \
  X(kIp4Malformed, "ip4-malformed") /* RFC 1812 5.2.2 */                   \
  X(kIp4Checksum, "ip4-checksum")                                          \
  X(kIp4SourceRoute, "ip4-source-route") /* RFC 7126 4.3, 4.4 */           \
  X(kIp4Martian, "ip4-martian")          /* RFC 1812 5.3.7 */              \
  X(kMulticast, "multicast")                                               \
  X(kTtlExpired, "ttl-expired")                                            \
  X(kNoRoute, "no-route")                                                  \
  X(kMtuExceeded, "mtu-exceeded")                                          \
  X(kIp6Malformed, "ip6-malformed")                                        \
  X(kIp6Martian, "ip6-martian")                                            \
  X(kNdMalformed, "nd-malformed") /* RFC 4861 7.1 */                       \
  X(kNdIgnored, "nd-ignored")     /* not for the gateway */                \
  X(kLocalMalformed, "local-malformed")                                    \
  X(kLocalUnhandled, "local-unhandled") /* the gateway serves echo only */ \
  X(kTxRingFull, "tx-ring-full")                                           \
  X(kBlackhole, "blackhole")                      /* a route says so */    \
  X(kUnreachable, "unreachable")                  /* a route says so */    \
  X(kProhibit, "prohibit")                        /* a route says so */    \
  X(kNeighbourUnresolved, "neighbour-unresolved") /* nobody answered */    \
  X(kNeighbourQueueFull, "neighbour-queue-full")                           \
  X(kRouteLoop, "route-loop")              /* leaked in a circle */        \
  X(kHandoffRingFull, "handoff-ring-full") /* to another worker */         \
  X(kPortGone, "port-gone")                                                \
  X(kNoFreeFrame, "no-free-frame")     /* to copy a flooded one */         \
  X(kVlanNotMember, "vlan-not-member") /* VLAN not on this port */         \
  X(kMacLimit, "mac-limit")            /* port may have no more */         \
  X(kFloodLimited, "flood-limited")                                        \
  X(kSamePort, "same-port")                  /* destination is there */    \
  X(kLinkLocalGroup, "link-local-group")     /* IEEE 802.1D 7.12.6 */      \
  X(kVxlanMalformed, "vxlan-malformed")      /* RFC 7348 5 */              \
  X(kVxlanChecksum, "vxlan-checksum")        /* of the outer UDP */        \
  X(kVxlanUnknownVni, "vxlan-unknown-vni")   /* no such network */         \
  X(kVxlanUnknownPeer, "vxlan-unknown-peer") /* from no VTEP we know */    \
  X(kVxlanInnerVlan, "vxlan-inner-vlan")     /* RFC 7348 6.1 */            \
  X(kVxlanNested, "vxlan-nested")            /* VXLAN inside VXLAN */      \
  X(kVxlanEcn, "vxlan-ecn")                  /* RFC 6040 4.2 */            \
  X(kVxlanNoPeer, "vxlan-no-peer")           /* behind no VTEP */          \
  X(kSplitHorizon, "split-horizon")          /* from VTEP to VTEP */       \
  X(kVxlanHeadroom, "vxlan-headroom")        /* for the outer headers */

enum class DropReason : std::uint8_t {
#define X(name, text) name,
  MILLRACE_DROP_REASONS(X)
#undef X
      kCount
};

constexpr std::array<std::string_view, static_cast<std::size_t>(DropReason::kCount)>
    kDropReasonNames = {
#define X(name, text) text,
        MILLRACE_DROP_REASONS(X)
#undef X
};

}  // namespace millrace
