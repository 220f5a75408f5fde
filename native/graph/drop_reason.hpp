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
  X(kTxRingFull, "tx-ring-full")

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
