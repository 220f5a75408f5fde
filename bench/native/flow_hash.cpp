// The hash of a flow, which picks the next hop of a group and the source port of a tunnel.
#include "graph/flow_hash.hpp"

#include <array>

#include "native/case.hpp"
#include "pipeline/pipeline.hpp"

namespace millrace::bench {

namespace {

constexpr std::uint32_t kIp6Length = kEthernetLength + ip6::kHeader + 8;

Bytes make_udp6(std::uint32_t flow) {
  Bytes frame(kIp6Length, 0);
  std::uint8_t* ip = frame.data() + kEthernetLength;
  ip[0] = 0x60;
  store_be16(ip + ip6::kPayloadLength, 8);
  ip[ip6::kNextHeader] = kProtoUdp;
  store_be32(ip + ip6::kDestination + 12, flow);
  return frame;
}

struct Packets {
  explicit Packets(bool is_ip6) : ip6(is_ip6) {
    for (std::uint32_t flow = 0; flow < kOperations; ++flow) {
      frames[flow] = ip6 ? make_udp6(flow) : make_udp({{}, {}, 0x0a010002, 0x0a020001, flow});
      packets[flow].data = frames[flow].data();
      packets[flow].length = static_cast<std::uint32_t>(frames[flow].size());
    }
    require(of(packets[0]) != of(packets[1]), "two flows have the same hash");
  }
  std::uint32_t of(const Packet& packet) const {
    return ip6 ? flow_hash6(packet) : flow_hash4(packet, ip4::kMinHeader);
  }
  void run() const {
    for (const Packet& packet : packets) use(of(packet));
  }
  const bool ip6;
  std::array<Bytes, kOperations> frames;
  std::array<Packet, kOperations> packets;
};

}  // namespace

std::vector<Case> flow_hash_cases() {
  return {{"native-flow-hash-ipv4", kOperations, prepare<Packets>(false)},
          {"native-flow-hash-ipv6", kOperations, prepare<Packets>(true)}};
}

}  // namespace millrace::bench
