#include "link/bridge_entries.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include "engine/routing_prefix.hpp"
#include "link/mirror_socket.hpp"

namespace millrace {

namespace {

constexpr int kTries = 5;

}  // namespace

int ifindex_of(const std::string& ifname) {
  const int ifindex = static_cast<int>(::if_nametoindex(ifname.c_str()));
  if (ifindex == 0) throw_errno("interface " + ifname, ENODEV);
  return ifindex;
}

std::string address_text(const std::uint8_t* bytes, int length) {
  if (length != 4 && length != 16) return "";
  return to_text(IpAddress::from(length == 16, bytes));
}

std::string unmapped_address(const std::uint8_t* bytes, int length) {
  static constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  const bool mapped = length == 16 && std::memcmp(bytes, kMapped.data(), kMapped.size()) == 0;
  return mapped ? address_text(bytes + kMapped.size(), 4) : address_text(bytes, length);
}

NeighbourRequest::NeighbourRequest(std::uint16_t type, int flags, const ndmsg& header)
    : message_(nlmsg_alloc_simple(type, flags)) {
  if (!message_) throw_errno("allocate a netlink message", ENOMEM);
  nl::check(
      nlmsg_append(message_.get(), const_cast<ndmsg*>(&header), sizeof(header), NLMSG_ALIGNTO),
      "write a netlink message");
}

void NeighbourRequest::put(int type, const void* data, std::size_t length) {
  nl::check(nla_put(message_.get(), type, static_cast<int>(length), data),
            "write a netlink message");
}

bool NeighbourRequest::send(const std::string& what, bool missing_is_well) {
  const auto socket = nl::connect();
  // nl_send_sync() frees the message whatever comes of it.
  const int result = nl_send_sync(socket.get(), message_.release());
  if (result == -NLE_OBJ_NOTFOUND && missing_is_well) return false;
  nl::check(result, what);
  return true;
}

void dump_consistently(nlmsghdr* request, const std::function<void()>& clear,
                       const std::function<void(const nlmsghdr*)>& visit) {
  MirrorSocket socket(NETLINK_ROUTE, 0);
  socket.check_requests_strictly();
  for (int i = 0; i < kTries; ++i) {
    clear();
    const auto dumped = socket.dump(request, visit, [] { return true; });
    if (dumped == MirrorSocket::Dumped::kDone) return;
  }
  throw_errno("read tables that the kernel was changing all the time", EAGAIN);
}

}  // namespace millrace
