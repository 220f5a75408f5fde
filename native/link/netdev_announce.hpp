#pragma once
#include <string>

namespace millrace {

// Tells the neighbours of a link in a namespace ("" for ours) who has an address now: an ARP
// announcement (RFC 5227 2.3 and 3), or an unsolicited neighbour advertisement that overrides what
// they know (RFC 4861 7.2.6). An IPv6 address must be the link's own, and past duplicate address
// detection. Once, and without waiting for the carrier, before which it would be lost. Throws
// std::system_error: ENOENT, ENODEV, ENETDOWN, EADDRNOTAVAIL, and EOPNOTSUPP for other links than
// Ethernet.
void announce_address(const std::string& netns, const std::string& ifname,
                      const std::string& address);

}  // namespace millrace
