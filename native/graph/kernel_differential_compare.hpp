#pragma once
// What of the outputs is compared. Everything that the two routers may do differently is here or in
// kernel_differential_exclusions.hpp, each with its reason.
#include "graph/kernel_differential_exclusions.hpp"

namespace millrace::differential {

class Comparison {
 public:
  explicit Comparison(const Plan& plan) : plan_(plan) {}

  // Outputs of both are brought to a common form where the standards leave it open.
  bool same(const Input& input, Outputs ours, Outputs kernel) const {
    const auto packet = read(input.frame);
    if (!packet) return ours == kernel;
    const Route* const route = plan_.match(packet->destination);
    const bool only_forwarded = answers_differ(input.port, *packet, route);
    for (Outputs* outputs : {&ours, &kernel}) {
      if (only_forwarded) *outputs = forwarded(*outputs);
      for (Output& output : *outputs) normalise(output, route);
    }
    return ours == kernel;
  }

 private:
  // Whether and how the sender is told differs, so only what is forwarded counts.
  bool answers_differ(std::uint16_t port, const Reading& packet, const Route* route) const {
    if (packet.ip6) {
      // Whether a packet that ends inside its extension headers is an ICMPv6 error nobody knows.
      if (ends_in_extensions(packet)) return true;
      // The kernel: no route. Ours: silence, RFC 4291 2.5.2 and 2.5.6 ask for no more.
      if (packet.destination.is_link_local() || packet.destination.is_unspecified()) return true;
    } else {
      // The kernel answers about bad options before it looks at the destination.
      if (packet.has_options() && (is_martian(packet.destination) || has_source_route(packet)))
        return true;
      // The kernel tells whoever a spoofed source belongs to that there is no route.
      if (!leads_to(plan_.match(packet.source), port) && (route == nullptr || route->hops.empty()))
        return true;
      if (is_obsolete_icmp(packet)) return true;
    }
    return is_gateway(packet.destination) && local_differs(packet);
  }
  // RFC 1122 3.2.2 lists the errors that no error answers; the kernel adds what nobody uses.
  static bool is_obsolete_icmp(const Reading& packet) {
    if (packet.protocol != kProtoIcmp || packet.length <= packet.header()) return false;
    const std::uint8_t type = packet.ip[packet.header()];
    return type > 18 || type == 1 || type == 2 || type == 6 || type == 7 || type == 9 || type == 10;
  }
  static bool local_differs(const Reading& packet) {
    if (packet.ip6 && !extensions_are_plain(packet)) return true;
    const std::uint8_t upper = upper_protocol(packet);
    // RFC 7112: the kernel may tell the sender of a fragment more. Neither reassembles here.
    if (packet.ip6 && upper == ip6::kFragment) return true;
    // TCP: a reset; ours has none and says "port unreachable". Others the kernel may speak, too.
    static constexpr std::array<std::uint8_t, 6> kCompared = {kProtoUdp, kProtoIcmp, kProtoIcmp6,
                                                              59,        253,        254};
    if (std::find(kCompared.begin(), kCompared.end(), upper) == kCompared.end()) return true;
    // RFC 1122 3.2.2.8: a timestamp reply is optional.
    if (upper == kProtoIcmp && packet.header() < packet.length && packet.ip[packet.header()] == 13)
      return true;
    // Ours says "port unreachable" without a look at the checksum, which may be left to the device.
    return upper == kProtoUdp && !udp_is_right(packet);
  }

  static Outputs forwarded(const Outputs& outputs) {
    Outputs some;
    for (const Output& output : outputs)
      if (const auto packet = read(output.frame); !packet || !is_gateway(packet->source))
        some.push_back(output);
    return some;
  }

  static void normalise(Output& output, const Route* route) {
    const auto packet = read(output.frame);
    if (!packet) return;
    if (!is_gateway(packet->source)) {
      if (route != nullptr && route->hops.size() > 1) take_out_choice(output, *route);
      return;
    }
    if (packet->ip6)
      normalise6(&output.frame[kEthernetLength], output.frame.size(), route);
    else
      normalise4(output.frame);
  }

  // The kernel's hash is another one: any member of the group is right.
  static void take_out_choice(Output& output, const Route& route) {
    for (const std::size_t hop : route.hops) {
      const Station& station = stations()[hop];
      if (output.port != station.port || !equals(&output.frame[0], station.mac) ||
          !equals(&output.frame[6], port_mac(station.port)))
        continue;
      output.port = kPorts;
      std::fill_n(output.frame.begin(), 12, std::uint8_t{0});
      return;
    }
  }

  // RFC 6864: the identification of an atomic datagram means nothing. ECN bits of an error: RFC
  // 3168 has no word on them, the kernel copies them.
  static void normalise4(Bytes& frame) {
    std::uint8_t* ip = &frame[kEthernetLength];
    if (reference_sum(std::span(frame).subspan(kEthernetLength, (ip[0] & 15u) * 4)) != 0xffff)
      return;  // stays different
    store_be16(ip + 4, 0);
    store_be16(ip + ip4::kChecksum, 0);
    const std::uint32_t header = (ip[0] & 15u) * 4;
    if (ip[header] != icmp4::kEchoReply) {
      ip[1] &= 0xfc;
      return;
    }
    // DF and options of an echo reply: ours are those of the request.
    ip[ip4::kFragment] &= 0xbf;
    ip[0] = 0x45;
    store_be16(ip + ip4::kTotalLength,
               static_cast<std::uint16_t>(load_be16(ip + ip4::kTotalLength) + 20 - header));
    frame.erase(frame.begin() + kEthernetLength + ip4::kMinHeader,
                frame.begin() + kEthernetLength + header);
  }

  // RTN_UNREACHABLE: for IPv6 the kernel says "no route" (0), for IPv4 "host unreachable". Ours
  // says "address unreachable" (3), which RFC 4443 3.1 has for what no other code fits.
  static void normalise6(std::uint8_t* ip, std::size_t, const Route* route) {
    std::uint8_t* icmp = ip + ip6::kHeader;
    if (route == nullptr || route->type != RouteType::kUnreachable) return;
    if (icmp[0] != icmp6::kUnreachable || (icmp[1] != 0 && icmp[1] != 3)) return;
    const std::uint16_t sum = load_be16(icmp + 2);
    store_be16(icmp + 2,
               static_cast<std::uint16_t>(sum + icmp[1] + (sum + icmp[1] > 0xffff ? 1 : 0)));
    icmp[1] = 0;
  }

  const Plan& plan_;
};

}  // namespace millrace::differential
