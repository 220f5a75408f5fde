#pragma once
// One link, changed step by step.
#include <string>

#include "link/netdev.hpp"
#include "link/netdev_socket.hpp"

namespace millrace {

class NetdevChanger {
 public:
  // Throws std::system_error: ENODEV.
  NetdevChanger(NetdevSocket& socket, int ifindex);
  const NetdevInfo& link() const { return link_; }

  // Each does nothing when it is so already, and throws std::system_error.
  void rename(const std::string& name);
  void set_mac(const std::string& mac);
  void set_mtu(std::uint32_t mtu);
  void set_up(bool up);
  void set_promisc(bool on);
  void set_allmulti(bool on);

 private:
  std::string named(const std::string& change) const;
  void set_flag(unsigned flag, bool on, const std::string& change);
  void send_name(const std::string& name);
  void send_even_when_busy(NetdevMessage& request, const std::string& change);

  NetdevSocket& socket_;
  NetdevInfo link_;
};

}  // namespace millrace
