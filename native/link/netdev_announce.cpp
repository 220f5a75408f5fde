#include "link/netdev_announce.hpp"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <netinet/if_ether.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/errors.hpp"
#include "engine/routing_prefix.hpp"
#include "link/netns.hpp"

namespace millrace {

namespace {

class Announcement {
 public:
  Announcement(const std::string& netns, const std::string& ifname, const IpAddress& address)
      : name_("announce " + to_text(address) + " on interface " + ifname), address_(address) {
    in_netns(netns, [this] { open(); });
    find_link(ifname);
  }
  void send() const { address_.ip6 ? send_advertisement() : send_arp(); }

 private:
  void open() {
    fd_ = UniqueFd(address_.ip6 ? ::socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6)
                                : ::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!fd_) throw_errno(name_ + ": open a socket");
  }

  void find_link(const std::string& ifname) {
    ifreq request{};
    ifname.copy(request.ifr_name, IFNAMSIZ - 1);
    if (::ioctl(fd_.get(), SIOCGIFINDEX, &request) != 0) throw_errno(name_);
    ifindex_ = request.ifr_ifindex;
    if (::ioctl(fd_.get(), SIOCGIFHWADDR, &request) != 0) throw_errno(name_);
    if (request.ifr_hwaddr.sa_family != ARPHRD_ETHER)
      throw_errno(name_ + ": only Ethernet is supported", EOPNOTSUPP);
    std::memcpy(mac_.bytes.data(), request.ifr_hwaddr.sa_data, mac_.bytes.size());
  }

  // A request rather than a reply: some do not learn from replies they have not asked for.
  void send_arp() const {
    ether_arp packet{};
    packet.ea_hdr = {htons(ARPHRD_ETHER), htons(ETHERTYPE_IP), ETH_ALEN, 4, htons(ARPOP_REQUEST)};
    std::copy(mac_.bytes.begin(), mac_.bytes.end(), packet.arp_sha);
    std::memcpy(packet.arp_spa, address_.data(), sizeof(packet.arp_spa));
    std::memcpy(packet.arp_tpa, address_.data(), sizeof(packet.arp_tpa));
    sockaddr_ll everybody{};
    everybody.sll_family = AF_PACKET;
    everybody.sll_protocol = htons(ETHERTYPE_ARP);
    everybody.sll_ifindex = ifindex_;
    everybody.sll_halen = ETH_ALEN;
    std::fill_n(everybody.sll_addr, ETH_ALEN, std::uint8_t{0xff});
    send_to(everybody, &packet, sizeof(packet));
  }

  void send_advertisement() const {
    struct {
      nd_neighbor_advert header;
      nd_opt_hdr option;
      std::array<std::uint8_t, ETH_ALEN> mac;
    } packet{};
    packet.header.nd_na_type = ND_NEIGHBOR_ADVERT;
    packet.header.nd_na_flags_reserved = ND_NA_FLAG_OVERRIDE;
    std::memcpy(&packet.header.nd_na_target, address_.data(), sizeof(in6_addr));
    packet.option = {ND_OPT_TARGET_LINKADDR, 1};
    packet.mac = mac_.bytes;
    static_assert(sizeof(packet) == 32);
    listen_to_nothing();
    set(IPV6_MULTICAST_HOPS, 255);  // RFC 4861 7.1.2: others are ignored
    set(IPV6_MULTICAST_IF, ifindex_);
    const sockaddr_in6 source = endpoint(address_.data());
    if (::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&source), sizeof(source)) != 0)
      throw_errno(name_ + ": use it as the source");
    send_to(endpoint(kAllNodes.data()), &packet, sizeof(packet));
  }

  void listen_to_nothing() const {
    icmp6_filter filter;
    ICMP6_FILTER_SETBLOCKALL(&filter);
    (void)::setsockopt(fd_.get(), IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof(filter));
  }
  void set(int option, int value) const {
    if (::setsockopt(fd_.get(), IPPROTO_IPV6, option, &value, sizeof(value)) != 0)
      throw_errno(name_ + ": set socket option " + std::to_string(option));
  }
  sockaddr_in6 endpoint(const std::uint8_t* address) const {
    sockaddr_in6 result{};
    result.sin6_family = AF_INET6;
    result.sin6_scope_id = static_cast<std::uint32_t>(ifindex_);
    std::memcpy(&result.sin6_addr, address, sizeof(in6_addr));
    return result;
  }
  template <typename Address>
  void send_to(const Address& address, const void* packet, std::size_t length) const {
    if (::sendto(fd_.get(), packet, length, 0, reinterpret_cast<const sockaddr*>(&address),
                 sizeof(address)) < 0)
      throw_errno(name_ + ": send");
  }

  // RFC 4291 2.7.1: ff02::1
  static constexpr std::array<std::uint8_t, 16> kAllNodes{0xff, 0x02, 0, 0, 0, 0, 0, 0,
                                                          0,    0,    0, 0, 0, 0, 0, 1};
  const std::string name_;
  const IpAddress address_;
  UniqueFd fd_;
  int ifindex_ = 0;
  Mac mac_;
};

}  // namespace

void announce_address(const std::string& netns, const std::string& ifname,
                      const std::string& address) {
  Announcement(netns, ifname, parse_address(address)).send();
}

}  // namespace millrace
