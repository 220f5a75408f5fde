#include "link/netdev_statistics.hpp"

#include <linux/if_link.h>

#include <array>
#include <bit>
#include <cerrno>

#include "engine/errors.hpp"
#include "link/mirror_attributes.hpp"
#include "link/netdev.hpp"
#include "link/netdev_function.hpp"
#include "link/netdev_link.hpp"

namespace millrace {

namespace {

bool is_of(const std::string& netns, const NetdevLink& link, const std::string& address) {
  const Belongs belongs = belongs_to(link, address);
  if (belongs != Belongs::kAskDriver) return belongs == Belongs::kYes;
  return describe_netdev(netns, link.info.ifindex).bus_address == address;
}

}  // namespace

std::optional<NetdevStatistics> parse_netdev_statistics(const nlmsghdr* message) {
  const auto* header = fixed_header<ifinfomsg>(message);
  if (header == nullptr || message->nlmsg_type != RTM_NEWLINK) return std::nullopt;
  const MirrorAttributes<IFLA_MAX> link(message, sizeof(*header));
  // Not aligned to 64 bits, and longer or shorter than ours in other kernels.
  std::array<std::uint8_t, sizeof(rtnl_link_stats64)> bytes{};
  if (!link.copy(IFLA_STATS64, bytes)) return std::nullopt;
  const auto all = std::bit_cast<rtnl_link_stats64>(bytes);
  return NetdevStatistics{.rx_packets = all.rx_packets,
                          .tx_packets = all.tx_packets,
                          .rx_bytes = all.rx_bytes,
                          .tx_bytes = all.tx_bytes,
                          .rx_errors = all.rx_errors,
                          .tx_errors = all.tx_errors,
                          .rx_dropped = all.rx_dropped,
                          .tx_dropped = all.tx_dropped};
}

NetdevStatistics read_netdev_statistics(const std::string& netns, int ifindex,
                                        const std::string& address) {
  std::string what = "read the statistics of interface with index " + std::to_string(ifindex);
  if (!address.empty()) what += " of " + address;
  NetdevSocket socket(netns);
  NetdevMessage request(RTM_GETLINK, ifindex);
  std::optional<NetdevLink> link;
  std::optional<NetdevStatistics> statistics;
  socket.ask(request, what, [&](const nlmsghdr* message) {
    link = parse_netdev(message);
    statistics = parse_netdev_statistics(message);
  });
  if (!link || !statistics) throw_errno(what, ENODEV);
  if (!address.empty() && !is_of(netns, *link, address)) throw_errno(what, ENODEV);
  return *statistics;
}

}  // namespace millrace
