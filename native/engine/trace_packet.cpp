#include "engine/trace_packet.hpp"

#include <stdexcept>

#include "base/checksum.hpp"
#include "base/headers.hpp"

namespace millrace {

namespace {

using Bytes = std::vector<std::uint8_t>;

std::uint32_t l4_length(TraceProtocol protocol) {
  return protocol == TraceProtocol::kTcp ? 20 : 8;
}

std::uint8_t protocol_number(const TraceRequest& request) {
  switch (request.protocol) {
    case TraceProtocol::kTcp:
      return kProtoTcp;
    case TraceProtocol::kIcmp:
      return request.source.ip6 ? kProtoIcmp6 : kProtoIcmp;
    case TraceProtocol::kUdp:
      break;
  }
  return kProtoUdp;
}

void store_sum(std::uint8_t* field, std::uint64_t sum) {
  const auto checksum = static_cast<std::uint16_t>(~checksum_fold(sum));
  std::memcpy(field, &checksum, 2);
}

// The L4 header: ports, or an echo request; then its checksum.
void write_l4(const TraceRequest& request, const std::uint8_t* addresses, std::uint8_t* l4,
              std::uint32_t length) {
  const bool ip6 = request.source.ip6;
  std::uint32_t field = request.protocol == TraceProtocol::kTcp ? 16 : 6;
  if (request.protocol == TraceProtocol::kIcmp) {
    l4[0] = ip6 ? icmp6::kEchoRequest : icmp4::kEchoRequest;
    field = 2;
  } else {
    store_be16(l4, request.source_port);
    store_be16(l4 + 2, request.destination_port);
    if (request.protocol == TraceProtocol::kTcp) {
      l4[12] = 0x50;
      l4[13] = 0x02;  // SYN
    } else {
      store_be16(l4 + 4, static_cast<std::uint16_t>(length));
    }
  }
  const bool has_pseudo = ip6 || request.protocol != TraceProtocol::kIcmp;
  const std::uint64_t pseudo =
      has_pseudo ? pseudo_header_sum(addresses, ip6 ? 32 : 8, protocol_number(request), length) : 0;
  store_sum(l4 + field, checksum_add(pseudo, l4, length));
}

void write_ip4(const TraceRequest& request, std::uint8_t* ip) {
  ip[0] = 0x45;
  store_be16(ip + ip4::kTotalLength, static_cast<std::uint16_t>(request.length));
  store_be16(ip + ip4::kFragment, ip4::kDontFragment);
  ip[ip4::kTtl] = request.ttl;
  ip[ip4::kProtocol] = protocol_number(request);
  std::memcpy(ip + ip4::kSource, request.source.data(), 4);
  std::memcpy(ip + ip4::kDestination, request.destination.data(), 4);
  store_sum(ip + ip4::kChecksum, checksum_add(0, ip, ip4::kMinHeader));
  write_l4(request, ip + ip4::kSource, ip + ip4::kMinHeader, request.length - ip4::kMinHeader);
}

void write_ip6(const TraceRequest& request, std::uint8_t* ip) {
  const std::uint32_t payload = request.length - ip6::kHeader;
  ip[0] = 0x60;
  store_be16(ip + ip6::kPayloadLength, static_cast<std::uint16_t>(payload));
  ip[ip6::kNextHeader] = protocol_number(request);
  ip[ip6::kHopLimit] = request.ttl;
  std::memcpy(ip + ip6::kSource, request.source.data(), 16);
  std::memcpy(ip + ip6::kDestination, request.destination.data(), 16);
  write_l4(request, ip + ip6::kSource, ip + ip6::kHeader, payload);
}

void check(const TraceRequest& request) {
  if (request.source.ip6 != request.destination.ip6)
    throw std::invalid_argument("source " + to_text(request.source) + " and destination " +
                                to_text(request.destination) + " are of different families");
  const std::uint32_t least =
      (request.source.ip6 ? ip6::kHeader : ip4::kMinHeader) + l4_length(request.protocol);
  if (request.length < least || request.length > 9216)
    throw std::invalid_argument("length " + std::to_string(request.length) + ": " +
                                std::to_string(least) + " to 9216 bytes accepted");
}

}  // namespace

Bytes make_trace_frame(const TraceRequest& request, const Mac& destination, const Mac& source) {
  check(request);
  const std::uint32_t header = kEthernetLength + (request.vlan != 0 ? 4 : 0);
  Bytes frame(header + request.length, 0);
  std::memcpy(frame.data(), destination.bytes.data(), 6);
  std::memcpy(frame.data() + 6, source.bytes.data(), 6);
  if (request.vlan != 0) {
    store_be16(frame.data() + 12, kEtherTypeVlan);
    store_be16(frame.data() + 14, request.vlan);
  }
  store_be16(frame.data() + header - 2, request.source.ip6 ? kEtherTypeIp6 : kEtherTypeIp4);
  std::uint8_t* ip = frame.data() + header;
  if (request.source.ip6)
    write_ip6(request, ip);
  else
    write_ip4(request, ip);
  return frame;
}

}  // namespace millrace
