#include "link/netdev.hpp"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "engine/errors.hpp"
#include "link/mirror_request.hpp"
#include "link/mirror_socket.hpp"
#include "link/netdev_function.hpp"
#include "link/netdev_link.hpp"
#include "link/netns.hpp"

namespace millrace {

namespace {

// Many pods that come and go at once change the links all the time.
constexpr int kTries = 50;

struct Driver {
  std::string name, bus_address;
};

// What drivers say, by ethtool's ioctl: netlink does not tell it.
class Drivers {
 public:
  explicit Drivers(const std::string& netns) {
    in_netns(netns, [this] {
      fd_ = UniqueFd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
      if (!fd_) throw_errno("open a socket for ethtool");
    });
  }

  // Nothing when that name is not the link's any more. A driver that says nothing, or resets its
  // device just now, makes an empty answer.
  std::optional<Driver> ask(const NetdevInfo& link) const {
    ethtool_drvinfo info{};
    info.cmd = ETHTOOL_GDRVINFO;
    ifreq request = request_for(link);
    request.ifr_data = reinterpret_cast<char*>(&info);
    const bool told = ::ioctl(fd_.get(), SIOCETHTOOL, &request) == 0;
    if (!is_named_so(link)) return std::nullopt;
    if (!told) return Driver{};
    return Driver{text_of(info.driver), text_of(info.bus_info)};
  }

 private:
  static ifreq request_for(const NetdevInfo& link) {
    ifreq request{};
    link.name.copy(request.ifr_name, IFNAMSIZ - 1);
    return request;
  }
  bool is_named_so(const NetdevInfo& link) const {
    ifreq request = request_for(link);
    return ::ioctl(fd_.get(), SIOCGIFINDEX, &request) == 0 && request.ifr_ifindex == link.ifindex;
  }
  template <std::size_t kLength>
  static std::string text_of(const char (&text)[kLength]) {
    return {text, ::strnlen(text, kLength)};
  }

  UniqueFd fd_;
};

class Links {
 public:
  explicit Links(const std::string& netns) {
    in_netns(netns, [this] { socket_.emplace(NETLINK_ROUTE, 0); });
  }

  struct List {
    std::vector<NetdevLink> links;
    bool complete;  // false when links changed meanwhile, so that some may be missing
  };
  List read() {
    MirrorRequest request(RTM_GETLINK, 0);
    request.header<ifinfomsg>() = {};
    request.put(IFLA_EXT_MASK, std::uint32_t{RTEXT_FILTER_SKIP_STATS});
    List list{};
    const auto take = [&](const nlmsghdr* message) {
      if (auto link = parse_netdev(message)) list.links.push_back(*std::move(link));
    };
    const auto dumped = socket_->dump(request.message(), take, [] { return true; });
    list.complete = dumped == MirrorSocket::Dumped::kDone;
    return list;
  }

 private:
  std::optional<MirrorSocket> socket_;
};

NetdevInfo complete(const NetdevLink& link, const Driver& driver) {
  NetdevInfo info = link.info;
  info.driver = driver.name;
  if (link.parent_bus == "pci")
    info.bus_address = link.parent;
  else if (is_pci_address(driver.bus_address))
    info.bus_address = driver.bus_address;
  return info;
}

// Nothing found means nothing when links or names changed meanwhile.
struct Search {
  std::optional<NetdevInfo> found;
  bool sure;
};

Search search(Links& links, const Drivers& drivers, const std::string& address) {
  const Links::List list = links.read();
  Search result{std::nullopt, list.complete};
  for (const NetdevLink& link : list.links) {
    const Belongs belongs = belongs_to(link, address);
    if (belongs == Belongs::kNo) continue;
    const auto driver = drivers.ask(link.info);
    if (!driver) {
      result.sure = false;
    } else if (belongs == Belongs::kYes || driver->bus_address == address) {
      result.found = complete(link, *driver);
      return result;
    }
  }
  return result;
}

}  // namespace

std::optional<NetdevInfo> find_netdev(const std::string& netns, const std::string& address) {
  Links links(netns);
  const Drivers drivers(netns);
  for (int i = 0; i < kTries; ++i) {
    Search result = search(links, drivers, address);
    if (result.found || result.sure) return result.found;
  }
  throw_errno("find the netdev of " + address + ": links change all the time", EAGAIN);
}

NetdevInfo describe_netdev(const std::string& netns, int ifindex) {
  NetdevSocket socket(netns);
  const Drivers drivers(netns);
  for (int i = 0; i < kTries; ++i) {
    const NetdevLink link = get_netdev(socket, ifindex);
    if (const auto driver = drivers.ask(link.info)) return complete(link, *driver);
  }
  throw_errno(
      "describe interface with index " + std::to_string(ifindex) + ": it changes all the time",
      EAGAIN);
}

}  // namespace millrace
