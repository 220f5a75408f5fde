#pragma once
// Two network namespaces joined by veth pairs: in one the kernel forwards, in the other there is
// nothing but packet sockets (packet(7)). A frame goes in at one far end and what the kernel makes
// of it comes out at others. One frame at a time: veth queues to the CPU that sends, in order, so
// what a frame causes has arrived before a marker sent behind it. No name, gone with the test.
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cstdio>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/unique_fd.hpp"
#include "graph/kernel_differential_frames.hpp"
#include "link/netns.hpp"
#include "link/test_netns.hpp"

namespace millrace {

class KernelNetwork {
 public:
  // Interfaces r0, r1 … where the kernel forwards, f0, f1 … at the far ends.
  explicit KernelNetwork(std::uint16_t ports) : ports_(ports) {
    stay_on_this_cpu();
    settings("far", far_,
             {"net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1"});
    std::string commands;
    for (std::uint16_t i = 0; i < ports; ++i)
      commands += "link add " + near_name(i) + " numrxqueues 1 numtxqueues 1 type veth peer name " +
                  far_name(i) + " numrxqueues 1 numtxqueues 1 netns " + path(far_) + "\n";
    ip(commands);
    commands.clear();
    for (std::uint16_t i = 0; i < ports; ++i)
      commands += "link set " + far_name(i) + " mtu 9000 arp off up\n";
    in_netns(far_.path(), [&] { run_ip(commands); });
    in_netns(far_.path(), [&] {
      for (std::uint16_t i = 0; i < ports; ++i) sockets_.push_back(open_socket(far_name(i)));
    });
  }
  ~KernelNetwork() { ::sched_setaffinity(0, sizeof(before_), &before_); }
  KernelNetwork(const KernelNetwork&) = delete;
  KernelNetwork& operator=(const KernelNetwork&) = delete;

  static std::string near_name(std::uint16_t port) { return "r" + std::to_string(port); }
  static std::string far_name(std::uint16_t port) { return "f" + std::to_string(port); }

  // Lines for `ip -batch`, where the kernel forwards.
  void ip(const std::string& commands) {
    in_netns(near_.path(), [&] { run_ip(commands); });
  }
  void set(const std::vector<std::string>& sysctls) { settings("near", near_, sysctls); }

  void send(std::uint16_t port, const Bytes& frame) {
    if (::send(sockets_[port].get(), frame.data(), frame.size(), 0) !=
        static_cast<ssize_t>(frame.size()))
      throw std::runtime_error("a packet socket did not take " + std::to_string(frame.size()) +
                               " bytes");
  }
  // Until a frame with the marker that enters one port leaves by the other: links come up with
  // delay.
  void await_way(std::uint16_t from, std::uint16_t to, const Bytes& marker, const Bytes& frame) {
    Outputs ignored;
    for (int tries = 0; tries < 250; ++tries) {
      send(from, frame);
      pollfd poll{sockets_[to].get(), POLLIN, 0};
      ::poll(&poll, 1, 20);
      if (drain(to, ignored, &marker)) return;
    }
    throw std::runtime_error("no way through the kernel");
  }
  void forget_received() {
    Outputs ignored;
    for (std::uint16_t port = 0; port < ports_; ++port) drain(port, ignored, nullptr);
  }
  // All that has arrived, up to the marker at that port, which is left out.
  Outputs receive(std::uint16_t marker_port, const Bytes& marker) {
    Outputs outputs;
    for (bool marked = false; !marked;) {
      marked = drain(marker_port, outputs, &marker);
      if (!marked) wait(marker_port);
    }
    for (std::uint16_t port = 0; port < ports_; ++port) drain(port, outputs, nullptr);
    return outputs;
  }

 private:
  static std::string path(const TestNetns& netns) {
    return "/proc/" + std::to_string(::getpid()) +
           netns.path().substr(std::string("/proc/self").size());
  }

  static void run_ip(const std::string& commands) {
    FILE* pipe = ::popen("ip -batch -", "w");
    if (pipe == nullptr) throw std::runtime_error("cannot start ip");
    std::fwrite(commands.data(), 1, commands.size(), pipe);
    if (::pclose(pipe) != 0) throw std::runtime_error("ip failed:\n" + commands);
  }

  static void settings(const char* where, const TestNetns& netns,
                       const std::vector<std::string>& sysctls) {
    in_netns(netns.path(), [&] {
      for (const std::string& sysctl : sysctls) {
        std::string file = sysctl.substr(0, sysctl.find('='));
        for (char& c : file) c = c == '.' ? '/' : c;
        std::ofstream out("/proc/sys/" + file);
        out << sysctl.substr(sysctl.find('=') + 1) << std::endl;
        if (!out) throw std::runtime_error(std::string(where) + " namespace refuses " + sysctl);
      }
    });
  }

  void stay_on_this_cpu() {
    ::sched_getaffinity(0, sizeof(before_), &before_);
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<std::size_t>(::sched_getcpu()), &one);
    ::sched_setaffinity(0, sizeof(one), &one);
  }

  static UniqueFd open_socket(const std::string& interface) {
    UniqueFd fd(::socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, htons_all()));
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons_all();
    address.sll_ifindex = static_cast<int>(::if_nametoindex(interface.c_str()));
    const int on = 1;
    const int room = 4 << 20;
    ::setsockopt(fd.get(), SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on));
    ::setsockopt(fd.get(), SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on));
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
    if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0)
      throw std::runtime_error("cannot bind a packet socket to " + interface);
    return fd;
  }
  static constexpr std::uint16_t htons_all() { return 0x0300; }  // ETH_P_ALL, network order

  // True when the marker was among the frames.
  bool drain(std::uint16_t port, Outputs& outputs, const Bytes* marker) {
    Bytes frame;
    while (receive_one(port, frame)) {
      if (marker != nullptr && ends_with(frame, *marker)) return true;
      outputs.push_back({port, frame});
    }
    return false;
  }

  static bool ends_with(const Bytes& frame, const Bytes& end) {
    return frame.size() >= end.size() && std::equal(end.rbegin(), end.rend(), frame.rbegin());
  }

  bool receive_one(std::uint16_t port, Bytes& frame) {
    frame.resize(16384);
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(tpacket_auxdata))];
    iovec io{frame.data(), frame.size()};
    msghdr message{};
    message.msg_iov = &io;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof(control);
    const ssize_t length = ::recvmsg(sockets_[port].get(), &message, 0);
    if (length < 0) return false;
    frame.resize(static_cast<std::size_t>(length));
    for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c))
      if (c->cmsg_type == PACKET_AUXDATA) put_tag_back(frame, CMSG_DATA(c));
    return true;
  }

  // The kernel keeps the outer tag beside the frame.
  static void put_tag_back(Bytes& frame, const unsigned char* data) {
    tpacket_auxdata aux;
    std::memcpy(&aux, data, sizeof(aux));
    if ((aux.tp_status & TP_STATUS_VLAN_VALID) == 0) return;
    Bytes tag(4);
    store_be16(&tag[0], aux.tp_vlan_tpid);
    store_be16(&tag[2], aux.tp_vlan_tci);
    frame.insert(frame.begin() + 12, tag.begin(), tag.end());
  }

  void wait(std::uint16_t port) {
    pollfd poll{sockets_[port].get(), POLLIN, 0};
    if (::poll(&poll, 1, 5000) == 0) throw std::runtime_error("a marker was lost");
  }

  const std::uint16_t ports_;
  cpu_set_t before_{};
  TestNetns near_, far_;
  std::vector<UniqueFd> sockets_;
};

}  // namespace millrace
