#pragma once
// The plan as the kernel's configuration.
#include <map>

#include "graph/kernel_differential_network.hpp"
#include "graph/kernel_differential_plan.hpp"

namespace millrace::differential {

class KernelRouter {
 public:
  explicit KernelRouter(const Plan& plan) : network_(kPorts) {
    network_.set(general_settings());
    std::string commands = interfaces();
    for (const Station& station : stations()) commands += neighbour(station);
    for (const Route& route : plan.routes()) commands += route_command(route);
    // What the graph never forwards whatever the routes say, RFC 1812 5.3.7, RFC 4291 2.5.6.
    for (const char* prefix : {"0.0.0.0/8", "240.0.0.0/4", "169.254.0.0/16", "fe80::/10"})
      commands += std::string("route add blackhole ") + prefix + "\n";
    network_.ip(commands);
    for (std::uint16_t i = 0; i < kPorts; ++i)
      network_.set(interface_settings("r" + std::to_string(i)));
    await_links();
  }

  Outputs process(std::uint16_t port, const Bytes& frame) {
    network_.send(port, frame);
    const Bytes marker = next_marker();
    network_.send(port, packet_with(marker, port, marker_port(port)));
    Outputs outputs = network_.receive(marker_port(port), marker);
    std::erase_if(outputs, [](const Output& output) { return is_chatter(output.frame); });
    return outputs;
  }

 private:
  static std::uint16_t marker_port(std::uint16_t from) { return from == kPodA ? kPodB : kPodA; }
  Bytes next_marker() {
    Bytes marker = {'m', 'a', 'r', 'k', 'e', 'r', 0, 0, 0, 0};
    store_be32(&marker[6], ++sequence_);
    return marker;
  }
  static Bytes packet_with(const Bytes& marker, std::uint16_t from, std::uint16_t to) {
    const auto address = [](const Station& station) {
      return load_be32(parse_address(station.ip4).data());
    };
    const Station &sender = stations()[from], &receiver = stations()[to];
    return ethernet(
        port_mac(from), sender.mac, kEtherTypeIp4,
        ip4_packet({.source = address(sender), .destination = address(receiver)}, udp(marker)));
  }
  void await_links() {
    for (std::uint16_t from = 0; from < kPorts; ++from)
      for (std::uint16_t to = 0; to < kPorts; ++to) {
        const Bytes marker = next_marker();
        if (to != from) network_.await_way(from, to, marker, packet_with(marker, from, to));
      }
    network_.forget_received();
  }
  // The kernel reports its group memberships (RFC 9777) when it likes.
  static bool is_chatter(const Bytes& frame) {
    return frame.size() > 62 && frame[0] == 0x33 && load_be16(&frame[12]) == kEtherTypeIp6 &&
           frame[20] == ip6::kHopByHop && frame[62] == 143;
  }

  // No rate limit, no answers that a router with an echo service alone does not give, no redirects,
  // no reassembly.
  static std::vector<std::string> general_settings() {
    return {"net.ipv4.ip_forward=1",
            "net.ipv6.conf.all.forwarding=1",
            "net.ipv4.icmp_ratelimit=0",
            "net.ipv4.icmp_ratemask=0",
            "net.ipv6.icmp.ratelimit=0",
            "net.ipv6.icmp.ratemask=",
            "net.ipv6.icmp.echo_ignore_multicast=1",
            "net.ipv6.auto_flowlabels=0",
            "net.ipv6.flowlabel_reflect=4",  // of echo replies: as the graph does
            "net.ipv4.ipfrag_low_thresh=0",
            "net.ipv4.ipfrag_high_thresh=0",
            "net.ipv6.ip6frag_low_thresh=0",
            "net.ipv6.ip6frag_high_thresh=0",
            "net.ipv4.conf.all.rp_filter=1",
            "net.ipv4.conf.all.send_redirects=0",
            "net.ipv4.conf.all.accept_redirects=0",
            "net.ipv4.conf.all.accept_source_route=0",
            "net.ipv4.conf.all.log_martians=0",
            "net.ipv4.conf.all.drop_unicast_in_l2_multicast=1",
            "net.ipv6.conf.all.drop_unicast_in_l2_multicast=1"};
  }
  static std::vector<std::string> interface_settings(const std::string& name) {
    const std::string v4 = "net.ipv4.conf." + name + ".", v6 = "net.ipv6.conf." + name + ".";
    return {v4 + "rp_filter=1",
            v4 + "send_redirects=0",
            v4 + "accept_redirects=0",
            v4 + "accept_source_route=0",
            v4 + "drop_unicast_in_l2_multicast=1",
            v6 + "drop_unicast_in_l2_multicast=1",
            v6 + "accept_ra=0",
            v6 + "accept_redirects=0"};
  }

  // The gateway's addresses on each interface; no link-local ones.
  static std::string interfaces() {
    std::string commands = "link set lo up\n";
    for (std::uint16_t i = 0; i < kPorts; ++i) {
      const std::string name = KernelNetwork::near_name(i);
      commands += "link set " + name + " addrgenmode none\nlink set " + name + " address " +
                  to_text(port_mac(i)) + " mtu " + std::to_string(kMtus[i]) + " up\n";
      commands += "addr add " + kGateway4 + "/32 dev " + name + "\naddr add " + kGateway6 +
                  "/128 dev " + name + " nodad\n";
    }
    return commands;
  }
  static std::string neighbour(const Station& station) {
    std::string commands;
    for (const std::string& address : {station.ip4, station.ip6})
      commands += "neigh replace " + address + " lladdr " + to_text(station.mac) + " dev " +
                  KernelNetwork::near_name(station.port) + " nud permanent\n";
    return commands;
  }
  static std::string via(const Station& station, const Prefix& prefix) {
    const std::string& address = prefix.ip6() ? station.ip6 : station.ip4;
    const std::string device = " dev " + KernelNetwork::near_name(station.port);
    return prefix == Prefix::host(parse_address(address)) ? device
                                                          : " via " + address + device + " onlink";
  }
  static std::string route_command(const Route& route) {
    static const std::map<RouteType, std::string> kWords = {
        {RouteType::kUnicast, ""},
        {RouteType::kBlackhole, "blackhole "},
        {RouteType::kUnreachable, "unreachable "},
        {RouteType::kProhibit, "prohibit "}};
    std::string command = "route add " + kWords.at(route.type) + to_text(route.prefix);
    for (const std::size_t hop : route.hops)
      command += (route.hops.size() > 1 ? " nexthop" : "") + via(stations()[hop], route.prefix);
    return command + "\n";
  }

  KernelNetwork network_;
  std::uint32_t sequence_ = 0;
};

}  // namespace millrace::differential
