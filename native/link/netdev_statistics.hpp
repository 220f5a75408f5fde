#pragma once
// What a link has moved (IFLA_STATS64), wherever it is.
#include <linux/netlink.h>

#include <cstdint>
#include <optional>
#include <string>

namespace millrace {

// Since the link was made, or its driver began again.
struct NetdevStatistics {
  std::uint64_t rx_packets = 0, tx_packets = 0, rx_bytes = 0, tx_bytes = 0;
  std::uint64_t rx_errors = 0, tx_errors = 0, rx_dropped = 0, tx_dropped = 0;
};

// netns: a path, "" for ours. address: of the PCI function whose netdev it must be, as numbers are
// given again to others; "" for any link. Throws std::system_error: ENODEV, ENOENT when there is no
// such namespace.
NetdevStatistics read_netdev_statistics(const std::string& netns, int ifindex,
                                        const std::string& address);

// Nothing when the message is no RTM_NEWLINK, or tells of none.
std::optional<NetdevStatistics> parse_netdev_statistics(const nlmsghdr* message);

}  // namespace millrace
