#pragma once
// Ownership and errors for libnl objects.
#include <net/if.h>
#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/route.h>

#include <memory>
#include <string>

#include "engine/errors.hpp"

namespace millrace::nl {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

using Socket = std::unique_ptr<nl_sock, Deleter<nl_socket_free>>;
using Link = std::unique_ptr<rtnl_link, Deleter<rtnl_link_put>>;
using Address = std::unique_ptr<rtnl_addr, Deleter<rtnl_addr_put>>;
using Route = std::unique_ptr<rtnl_route, Deleter<rtnl_route_put>>;
using AbstractAddress = std::unique_ptr<nl_addr, Deleter<nl_addr_put>>;
using Cache = std::unique_ptr<nl_cache, Deleter<nl_cache_free>>;

// libnl has its own error numbers; callers of ours want errno.
inline int to_errno(int error) {
  switch (-error) {
    case NLE_EXIST:
      return EEXIST;
    case NLE_OBJ_NOTFOUND:
      return ENOENT;
    case NLE_NODEV:
      return ENODEV;
    case NLE_PERM:
    case NLE_NOACCESS:
      return EPERM;
    case NLE_BUSY:
      return EBUSY;
    case NLE_OPNOTSUPP:
      return EOPNOTSUPP;
    case NLE_NOMEM:
      return ENOMEM;
    case NLE_RANGE:
      return ERANGE;
    case NLE_INVAL:
      return EINVAL;
    default:
      return EIO;
  }
}

inline void check(int result, const std::string& what) {
  if (result < 0) throw_errno(what + " (" + nl_geterror(result) + ")", to_errno(result));
}

// In the namespace of the calling thread; stays there.
inline Socket connect() {
  Socket socket(nl_socket_alloc());
  if (!socket) throw_errno("allocate a netlink socket", ENOMEM);
  check(nl_connect(socket.get(), NETLINK_ROUTE), "connect to rtnetlink");
  return socket;
}

inline AbstractAddress parse_address(const std::string& text) {
  nl_addr* address = nullptr;
  check(nl_addr_parse(text.c_str(), AF_UNSPEC, &address), "address " + text);
  return AbstractAddress(address);
}

inline Link get_link(nl_sock* socket, const std::string& name) {
  rtnl_link* link = nullptr;
  check(rtnl_link_get_kernel(socket, 0, name.c_str(), &link), "interface " + name);
  return Link(link);
}

}  // namespace millrace::nl
