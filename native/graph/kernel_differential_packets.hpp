#pragma once
// Random packets for a router: mostly such that get far, each kind of mistake now and then.
#include "graph/kernel_differential_plan.hpp"

namespace millrace::differential {

struct Input {
  std::uint16_t port;
  Bytes frame;
};

class Packets {
 public:
  Packets(const Plan& plan, Dice& dice) : plan_(plan), dice_(dice) {}

  Input next() {
    Input input{static_cast<std::uint16_t>(dice_.roll(kPorts)), {}};
    from_ = input.port == kUplink ? kUplink + dice_.roll(3) : input.port;
    const bool ip6 = dice_.percent(50);
    Bytes packet = ip6 ? packet6() : packet4();
    if (dice_.percent(8)) damage(packet, ip6);
    if (dice_.percent(10)) packet.resize(packet.size() + dice_.between(1, 46));  // padding
    packet.resize(std::min<std::size_t>(packet.size(), kMtus[input.port]));
    input.frame = link(input.port, packet, ip6);
    return input;
  }

 private:
  const Station& from() const { return stations()[from_]; }

  Bytes link(std::uint16_t port, const Bytes& packet, bool ip6) {
    Mac to = port_mac(port);
    if (dice_.percent(3)) to.bytes[5] ^= 0x40;
    if (dice_.percent(2)) to.bytes.fill(0xff);
    if (dice_.percent(2)) to = {{1, 0, 0x5e, 0, 0, 1}};
    std::uint16_t type = ip6 ? kEtherTypeIp6 : kEtherTypeIp4;
    if (dice_.percent(1)) type = static_cast<std::uint16_t>(0x88b6 + dice_.roll(2));
    if (dice_.percent(1)) type ^= kEtherTypeIp4 ^ kEtherTypeIp6;
    Bytes frame = ethernet(to, from().mac, type, packet);
    if (dice_.percent(1)) {
      const std::uint8_t id = static_cast<std::uint8_t>(dice_.between(1, 200));
      const Bytes tag = {0x81, 0, 0, id};
      frame.insert(frame.begin() + 12, tag.begin(), tag.end());
    }
    return frame;
  }

  IpAddress within(const Prefix& prefix) {
    IpAddress address = prefix.address;
    for (std::uint32_t bit = prefix.length; bit < prefix.address.bits(); ++bit)
      if (dice_.roll(2) != 0)
        address.bytes.bytes[bit / 8] |= static_cast<std::uint8_t>(0x80 >> bit % 8);
    return address;
  }
  IpAddress behind(const Station& station, bool ip6) {
    const std::string number = std::to_string(station.behind);
    return within(parse_prefix(ip6 ? "fd00:" + number + "::/32" : "10." + number + ".0.0/16"));
  }
  IpAddress routed(bool ip6) {
    for (;;) {
      const Route& route = dice_.one_of(plan_.routes());
      if (route.prefix.ip6() == ip6) return within(route.prefix);
    }
  }
  IpAddress odd(bool ip6) {
    static const std::vector<std::string> k4 = {
        "0.0.0.0/8",   "127.0.0.0/8",        "169.254.0.0/16", "224.0.0.0/24", "239.0.0.0/8",
        "240.0.0.0/4", "255.255.255.255/32", "0.0.0.0/32",     "10.1.0.0/16",  "198.18.0.0/15"};
    static const std::vector<std::string> k6 = {
        "::/128",    "::1/128",     "fe80::/10", "ff02::/16", "ff05::/16",
        "ff0e::/16", "ff02::1/128", "3000::/8",  "fd01::/16", "::ffff:0:0/96"};
    return within(parse_prefix(dice_.one_of(ip6 ? k6 : k4)));
  }
  IpAddress destination(bool ip6) {
    const std::uint32_t kind = dice_.roll(100);
    if (kind < 60) return routed(ip6);
    if (kind < 75) return behind(dice_.one_of(stations()), ip6);
    if (kind < 88) return parse_address(ip6 ? kGateway6 : kGateway4);
    return odd(ip6);
  }
  // IPv6: genuine ones only, the kernel has no reverse path check there. IPv4: seldom the station's
  // own, for the kernel answers about a destination without route once per second and source
  // (ip_error(), net.ipv4.route.error_cost of the initial namespace).
  IpAddress source(bool ip6) {
    const std::uint32_t kind = dice_.roll(100);
    if (ip6 && kind < 20) return parse_address(from().ip6);
    if (ip6 || kind < 85) return behind(from(), ip6);
    if (kind < 90) return behind(dice_.one_of(stations()), ip6);
    if (kind < 92) return parse_address(kGateway4);
    return kind < 96 ? routed(ip6) : odd(ip6);
  }

  // Around the MTUs, or short.
  std::size_t data_length() {
    if (dice_.percent(75)) return dice_.roll(80);
    if (dice_.percent(50)) return dice_.roll(1480);
    return dice_.one_of(kMtus) - dice_.roll(90);
  }

  Bytes packet4() {
    Ip4Fields fields;
    fields.source = load_be32(source(false).data());
    fields.destination = load_be32(destination(false).data());
    fields.ttl = ttl();
    fields.tos = static_cast<std::uint8_t>(dice_.percent(50) ? 0 : dice_.roll(256));
    if (dice_.percent(15)) fields.options = options();
    const std::vector<std::uint8_t> protocols = {kProtoUdp,  kProtoUdp,  kProtoTcp, kProtoIcmp,
                                                 kProtoIcmp, kProtoSctp, 253,       254};
    fields.protocol = dice_.one_of(protocols);
    const Bytes payload = upper4(fields);
    const bool must_not = ip4::kMinHeader + fields.options.size() + payload.size() > kSmallestMtu;
    if (must_not || dice_.percent(50)) fields.fragment = ip4::kDontFragment;
    if (dice_.percent(8)) fields.fragment |= static_cast<std::uint16_t>(fragment());
    Bytes packet = ip4_packet(fields, payload);
    store_be16(&packet[4], static_cast<std::uint16_t>(dice_.word()));
    if (dice_.percent(5))
      store_be16(&packet[ip4::kTotalLength],
                 static_cast<std::uint16_t>(packet.size() + 8 - dice_.roll(30)));
    seal_ip4(packet);
    if (dice_.percent(4)) packet[ip4::kChecksum] ^= static_cast<std::uint8_t>(1 + dice_.roll(255));
    return packet;
  }
  std::uint8_t ttl() {
    const std::uint32_t kind = dice_.roll(100);
    if (kind < 12) return 1;
    return static_cast<std::uint8_t>(kind < 16 ? 0 : dice_.between(2, 255));
  }
  std::uint32_t fragment() {
    return (dice_.percent(50) ? ip4::kMoreFragments : 0u) |
           (dice_.percent(60) ? dice_.roll(200) : 0u);
  }
  Bytes upper4(const Ip4Fields& fields) {
    Bytes data = dice_.bytes(data_length());
    if (fields.protocol == kProtoTcp) return tcp(data);
    if (fields.protocol == kProtoIcmp) {
      const bool echo = dice_.percent(70);
      Bytes message =
          icmp4_message(echo ? icmp4::kEchoRequest : static_cast<std::uint8_t>(dice_.roll(19)), 0,
                        dice_.word(), data);
      if (dice_.percent(5)) message[2] ^= 1;
      return message;
    }
    if (fields.protocol != kProtoUdp) return data;
    Bytes frame = ethernet({}, {}, kEtherTypeIp4, ip4_packet(fields, udp(data)));
    const std::size_t start = frame.size() - data.size() - 8;
    set_checksum(frame, {kProtoUdp, start, 6}, udp_checksum());
    return {frame.begin() + static_cast<std::ptrdiff_t>(start), frame.end()};
  }
  Checksum udp_checksum() {
    if (dice_.percent(80)) return Checksum::kRight;
    return dice_.percent(50) ? Checksum::kWrong : Checksum::kNone;
  }

  // Router alert, NOP, stream id, an unknown one, source routes, and such that go beyond
  // the header.
  Bytes options() {
    static const std::vector<Bytes> kOptions = {{148, 4, 0, 0},
                                                {1, 1, 1, 1},
                                                {136, 4, 0, 7},
                                                {0x5e, 4, 1, 2},
                                                {131, 7, 4, 10, 9, 0, 2, 0},
                                                {137, 7, 4, 10, 9, 0, 2, 1},
                                                {0x5e, 1, 0, 0},
                                                {0x5e, 0, 1, 1},
                                                {0x5e, 60, 1, 1},
                                                {0, 0, 0, 0}};
    Bytes all;
    for (std::uint32_t i = 1 + dice_.roll(3); i > 0; --i) {
      const Bytes& option = dice_.one_of(kOptions);
      all.insert(all.end(), option.begin(), option.end());
    }
    return all;
  }

  Bytes packet6() {
    Ip6Fields fields;
    fields.source = source(true).bytes;
    fields.destination = destination(true).bytes;
    fields.hop_limit = ttl();
    const std::vector<std::uint8_t> protocols = {kProtoUdp,   kProtoUdp,  kProtoTcp, kProtoIcmp6,
                                                 kProtoIcmp6, kProtoSctp, 253,       59};
    fields.next = dice_.one_of(protocols);
    Bytes payload = upper6(fields);
    if (dice_.percent(15)) payload = extended(fields, payload);
    Bytes packet = ip6_packet(fields, payload);
    if (dice_.percent(50)) store_be32(packet.data(), 0x60000000 | (dice_.word() & 0xfffffff));
    if (dice_.percent(5))
      store_be16(&packet[ip6::kPayloadLength],
                 static_cast<std::uint16_t>(payload.size() + 8 - dice_.roll(30)));
    return packet;
  }
  Bytes upper6(const Ip6Fields& fields) {
    const Bytes data = dice_.bytes(data_length());
    Bytes upper = data;
    if (fields.next == kProtoTcp) return tcp(data);
    if (fields.next == kProtoUdp) upper = udp(data);
    if (fields.next == kProtoIcmp6) upper = icmp_message(icmp6_type(), 0, dice_.word(), data);
    if (fields.next != kProtoUdp && fields.next != kProtoIcmp6) return upper;
    Bytes frame = ethernet({}, {}, kEtherTypeIp6, ip6_packet(fields, upper));
    const std::size_t start = kEthernetLength + ip6::kHeader;
    set_checksum(frame, {fields.next, start, fields.next == kProtoUdp ? 6u : 2u},
                 dice_.percent(90) ? Checksum::kRight : Checksum::kWrong);
    return {frame.begin() + static_cast<std::ptrdiff_t>(start), frame.end()};
  }
  std::uint8_t icmp6_type() {
    static const std::vector<std::uint8_t> kOthers = {1, 2, 3, 4, 100, 127, 129, 138, 200, 255};
    return dice_.percent(70) ? icmp6::kEchoRequest : dice_.one_of(kOthers);
  }
  // One to three extension headers in front, those that a router steps over.
  Bytes extended(Ip6Fields& fields, Bytes payload) {
    for (std::uint32_t i = 1 + dice_.roll(3); i > 0; --i) {
      const std::vector<std::uint8_t> types = {ip6::kDestinationOptions, ip6::kDestinationOptions,
                                               ip6::kRouting, ip6::kFragment};
      const std::uint8_t type = dice_.one_of(types);
      Bytes header = extension(fields.next);
      if (type == ip6::kRouting) header = {fields.next, 0, 253, 0, 0, 0, 0, 0};
      if (type == ip6::kFragment) {
        const std::uint8_t offset = dice_.percent(50) ? 0 : 1;
        header = {fields.next, 0, offset, 1, 0, 0, 0, 9};
      }
      payload = join({header, payload});
      fields.next = type;
    }
    if (dice_.percent(30)) {
      payload = join({extension(fields.next), payload});
      fields.next = ip6::kHopByHop;
    }
    return payload;
  }

  // Bytes changed anywhere in the first 60, or the packet cut short.
  void damage(Bytes& packet, bool ip6) {
    if (dice_.percent(30))
      return packet.resize(dice_.roll(static_cast<std::uint32_t>(packet.size())));
    for (std::uint32_t i = 1 + dice_.roll(3); i > 0 && !packet.empty(); --i) {
      const std::uint32_t at =
          dice_.roll(static_cast<std::uint32_t>(std::min<std::size_t>(packet.size(), 60)));
      packet[at] = static_cast<std::uint8_t>(dice_.word());
    }
    if (!ip6 && dice_.percent(80)) seal_ip4(packet);
  }

  const Plan& plan_;
  Dice& dice_;
  std::size_t from_ = 0;
};

}  // namespace millrace::differential
