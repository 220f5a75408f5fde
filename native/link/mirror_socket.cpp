#include "link/mirror_socket.hpp"

#include <netlink/msg.h>
#include <poll.h>

#include <cerrno>
#include <optional>

#include "engine/errors.hpp"

namespace millrace {

namespace {

// The kernel fills dumps up to 32 KiB per datagram, and no notification is longer.
constexpr std::size_t kDatagram = 32768;
constexpr std::size_t kDatagrams = 32;
constexpr int kPatienceMs = 10000;

void set_option(int fd, int level, int option, int value, const std::string& what) {
  if (::setsockopt(fd, level, option, &value, sizeof(value)) != 0) throw_errno(what);
}

}  // namespace

MirrorSocket::MirrorSocket(int protocol, std::size_t receive_buffer)
    : fd_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol)),
      name_(protocol == NETLINK_ROUTE ? "rtnetlink" : "generic netlink"),
      buffer_(kDatagram * kDatagrams),
      senders_(kDatagrams),
      parts_(kDatagrams),
      datagrams_(kDatagrams) {
  if (!fd_) throw_errno("open a socket of " + name_);
  const sockaddr_nl address{.nl_family = AF_NETLINK, .nl_pad = 0, .nl_pid = 0, .nl_groups = 0};
  if (::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
    throw_errno("bind a socket of " + name_);
  const int size = static_cast<int>(receive_buffer);
  // Without CAP_NET_ADMIN up to net.core.rmem_max; a small buffer costs resyncs, not correctness.
  if (size != 0 && ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) != 0)
    set_option(fd_.get(), SOL_SOCKET, SO_RCVBUF, size, "size the receive buffer of " + name_);
  for (std::size_t i = 0; i < kDatagrams; ++i) {
    parts_[i] = {&buffer_[i * kDatagram], kDatagram};
    datagrams_[i].msg_hdr.msg_name = &senders_[i];
    datagrams_[i].msg_hdr.msg_iov = &parts_[i];
    datagrams_[i].msg_hdr.msg_iovlen = 1;
  }
}

void MirrorSocket::join(unsigned group) {
  set_option(fd_.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, static_cast<int>(group),
             "join group " + std::to_string(group) + " of " + name_);
}

void MirrorSocket::check_requests_strictly() {
  set_option(fd_.get(), SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1, "have dumps filtered by " + name_);
}

void MirrorSocket::send(const nlmsghdr* message) {
  const sockaddr_nl kernel{.nl_family = AF_NETLINK, .nl_pad = 0, .nl_pid = 0, .nl_groups = 0};
  (void)::sendto(fd_.get(), message, message->nlmsg_len, 0,
                 reinterpret_cast<const sockaddr*>(&kernel), sizeof(kernel));
}

MirrorSocket::Received MirrorSocket::receive(const Visit& visit) {
  return receive_datagrams(MSG_DONTWAIT, visit);
}

MirrorSocket::Received MirrorSocket::receive_datagrams(int flags, const Visit& visit) {
  for (mmsghdr& datagram : datagrams_) datagram.msg_hdr.msg_namelen = sizeof(sockaddr_nl);
  const int count = ::recvmmsg(fd_.get(), datagrams_.data(), kDatagrams, flags, nullptr);
  if (count < 0) {
    if (errno == ENOBUFS) return Received::kLost;
    if (errno == EAGAIN || errno == EINTR) return Received::kNothing;
    throw_errno("receive from " + name_);
  }
  bool cut = false;
  for (int i = 0; i < count; ++i) {
    const mmsghdr& datagram = datagrams_[static_cast<std::size_t>(i)];
    if (senders_[static_cast<std::size_t>(i)].nl_pid != 0) continue;  // not from the kernel
    cut = cut || (datagram.msg_hdr.msg_flags & MSG_TRUNC) != 0;
    int left = static_cast<int>(datagram.msg_len);
    auto* message = static_cast<nlmsghdr*>(datagram.msg_hdr.msg_iov->iov_base);
    for (; nlmsg_ok(message, left); message = nlmsg_next(message, &left)) visit(message);
  }
  return cut ? Received::kLost : Received::kMessages;
}

// The kernel works on a dump only while it is being read, so an answer that does not come within
// seconds does not come at all.
void MirrorSocket::wait() const {
  pollfd readable{fd_.get(), POLLIN, 0};
  const int ready = ::poll(&readable, 1, kPatienceMs);
  if (ready == 0) throw_errno("wait for an answer of " + name_, ETIMEDOUT);
}

namespace {

// The error in an answer, 0 for none: of NLMSG_ERROR and, since Linux 4.20, of NLMSG_DONE.
int error_in(const nlmsghdr* message) {
  if (nlmsg_datalen(message) < static_cast<int>(sizeof(int))) return 0;
  return -*static_cast<const int*>(nlmsg_data(message));
}

}  // namespace

MirrorSocket::Dumped MirrorSocket::dump(nlmsghdr* request, const Visit& visit,
                                        const std::function<bool()>& meanwhile) {
  request->nlmsg_seq = ++sequence_;
  request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  send(request);
  std::optional<int> end;
  bool changed = false;
  const Visit take = [&](const nlmsghdr* message) {
    if (message->nlmsg_seq != sequence_) return;  // of a dump given up, or of a probe
    changed = changed || (message->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
    if (message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR)
      end = error_in(message);
    else
      visit(message);
  };
  while (!end) {
    if (!meanwhile()) return Dumped::kStopped;
    // A datagram that does not fit or is dropped takes its objects with it.
    const Received received = receive_datagrams(MSG_DONTWAIT, take);
    if (received == Received::kLost) changed = true;
    if (received == Received::kNothing) wait();
  }
  if (*end == ENOENT) return Dumped::kDone;
  if (*end == EINTR || *end == EAGAIN) return Dumped::kChanged;
  if (*end != 0) throw_errno("dump type " + std::to_string(request->nlmsg_type), *end);
  return changed ? Dumped::kChanged : Dumped::kDone;
}

}  // namespace millrace
