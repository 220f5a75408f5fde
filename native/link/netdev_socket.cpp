#include "link/netdev_socket.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "engine/errors.hpp"
#include "link/mirror_attributes.hpp"
#include "link/netns.hpp"

namespace millrace {

namespace {

constexpr int kPatienceMs = 10000;
// ENOTSUPP of the kernel's include/linux/errno.h: not meant for programs, but some drivers let it
// out.
constexpr int kNotSupported = 524;

// Connected: nobody but the kernel can answer. The options are best effort, for its words and
// against a copy of the request in front of them.
UniqueFd open_here() {
  UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!fd) throw_errno("open a socket of rtnetlink");
  const sockaddr_nl kernel{.nl_family = AF_NETLINK, .nl_pad = 0, .nl_pid = 0, .nl_groups = 0};
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&kernel), sizeof(kernel)) != 0)
    throw_errno("connect to rtnetlink");
  const int on = 1;
  for (const int option : {NETLINK_EXT_ACK, NETLINK_CAP_ACK})
    (void)::setsockopt(fd.get(), SOL_NETLINK, option, &on, sizeof(on));
  return fd;
}

std::string words_in(const nlmsghdr* answer) {
  constexpr int kReadable = NLM_F_CAPPED | NLM_F_ACK_TLVS;
  if ((answer->nlmsg_flags & kReadable) != kReadable) return "";
  return MirrorAttributes<NLMSGERR_ATTR_MAX>(answer, sizeof(nlmsgerr)).text(NLMSGERR_ATTR_MSG);
}

void throw_refusal(const nlmsghdr* answer, const std::string& what) {
  const auto* refusal = fixed_header<nlmsgerr>(answer);
  if (refusal == nullptr || refusal->error == 0) return;
  const int error = refusal->error == -kNotSupported ? EOPNOTSUPP : -refusal->error;
  const std::string words = words_in(answer);
  throw_errno(words.empty() ? what : what + ": " + words, error);
}

}  // namespace

NetdevSocket::NetdevSocket(const std::string& netns) {
  in_netns(netns, [this] { fd_ = open_here(); });
}

void NetdevSocket::ask(NetdevMessage& request, const std::string& what, const Visit& visit) {
  nlmsghdr* message = request.message();
  message->nlmsg_seq = ++sequence_;
  if (::send(fd_.get(), message, message->nlmsg_len, 0) < 0) throw_errno(what + ": send");
  while (!read_answers(what, visit)) {
  }
}

// True when that was all.
bool NetdevSocket::read_answers(const std::string& what, const Visit& visit) {
  std::vector<char> datagram(next_length(what));
  const ssize_t length = ::recv(fd_.get(), datagram.data(), datagram.size(), 0);
  if (length < 0) throw_errno(what + ": receive");
  int left = static_cast<int>(length);
  auto* message = reinterpret_cast<nlmsghdr*>(datagram.data());
  for (; nlmsg_ok(message, left); message = nlmsg_next(message, &left)) {
    if (message->nlmsg_seq != sequence_) continue;  // of a request given up
    if (message->nlmsg_type == NLMSG_ERROR) {
      throw_refusal(message, what);
      return true;
    }
    if (visit) visit(message);
  }
  return false;
}

// The PF of many VFs makes answers that no fixed buffer holds. The kernel answers before send()
// returns, so waiting is for what must not happen.
std::size_t NetdevSocket::next_length(const std::string& what) const {
  pollfd readable{fd_.get(), POLLIN, 0};
  int ready = 0;
  do {
    ready = ::poll(&readable, 1, kPatienceMs);
  } while (ready < 0 && errno == EINTR);
  if (ready == 0) throw_errno(what + ": no answer", ETIMEDOUT);
  char none = 0;
  const ssize_t length = ::recv(fd_.get(), &none, 0, MSG_PEEK | MSG_TRUNC);
  if (length < 0) throw_errno(what + ": receive");
  return static_cast<std::size_t>(length);
}

}  // namespace millrace
