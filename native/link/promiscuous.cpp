#include "link/promiscuous.hpp"

#include <linux/if_packet.h>
#include <sys/socket.h>

#include "engine/errors.hpp"

namespace millrace {

UniqueFd hear_every_address(int ifindex) {
  // Protocol 0: the socket itself receives nothing.
  UniqueFd socket(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  if (!socket) throw_errno("open a packet socket");
  packet_mreq membership{};
  membership.mr_ifindex = ifindex;
  membership.mr_type = PACKET_MR_PROMISC;
  if (::setsockopt(socket.get(), SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership,
                   sizeof(membership)) != 0)
    throw_errno("interface with index " + std::to_string(ifindex) + ": promiscuous mode");
  return socket;
}

}  // namespace millrace
