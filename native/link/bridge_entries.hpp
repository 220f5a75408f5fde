#pragma once
// Common to the tables of bridges: requests that are acknowledged, dumps, addresses as text.
#include <linux/neighbour.h>
#include <netlink/msg.h>

#include <cstdint>
#include <functional>
#include <string>

#include "link/nl.hpp"

namespace millrace {

// Who made an entry (NDA_PROTOCOL, RTPROT_* of others): ours are swept by it, and no one else's.
constexpr std::uint8_t kOwnProtocol = 0x4d;

// Throws std::system_error: ENODEV.
int ifindex_of(const std::string& ifname);

std::string address_text(const std::uint8_t* bytes, int length);  // "" when it is no address
// An IPv4 address that is mapped into IPv6 (RFC 4291 2.5.5.2) as what it is.
std::string unmapped_address(const std::uint8_t* bytes, int length);

// One neighbour entry to add or to remove; put() adds attributes.
class NeighbourRequest {
 public:
  NeighbourRequest(std::uint16_t type, int flags, const ndmsg& header);
  void put(int type, const void* data, std::size_t length);
  // Waits for the kernel. Throws std::system_error; false for ENOENT when missing_is_well.
  bool send(const std::string& what, bool missing_is_well = false);

 private:
  std::unique_ptr<nl_msg, nl::Deleter<nlmsg_free>> message_;
};

// Dumps again while the kernel says that the answer is inconsistent, and clears what was read.
// Throws std::system_error, EAGAIN when it never was.
void dump_consistently(nlmsghdr* request, const std::function<void()>& clear,
                       const std::function<void(const nlmsghdr*)>& visit);

}  // namespace millrace
