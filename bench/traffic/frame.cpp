#include "frame.hpp"

#include <arpa/inet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <stdexcept>

namespace traffic {
namespace {

ifreq query(int fd, const std::string& name, unsigned long request, const char* what) {
  ifreq answer{};
  name.copy(answer.ifr_name, IFNAMSIZ - 1);
  if (ioctl(fd, request, &answer) != 0) {
    throw std::runtime_error("interface " + name + ": no " + what + ": " + std::strerror(errno));
  }
  return answer;
}

}  // namespace

Interface describe_interface(const std::string& name) {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw std::runtime_error(std::string("socket: ") + std::strerror(errno));
  Interface found{};
  found.index = static_cast<unsigned>(query(fd, name, SIOCGIFINDEX, "index").ifr_ifindex);
  std::memcpy(found.mac.data(), query(fd, name, SIOCGIFHWADDR, "MAC").ifr_hwaddr.sa_data, 6);
  const ifreq address = query(fd, name, SIOCGIFADDR, "IPv4 address");
  found.address = reinterpret_cast<const sockaddr_in&>(address.ifr_addr).sin_addr.s_addr;
  close(fd);
  return found;
}

Mac parse_mac(const std::string& text) {
  Mac mac{};
  char rest = 0;
  if (std::sscanf(text.c_str(), "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%c", &mac[0], &mac[1], &mac[2],
                  &mac[3], &mac[4], &mac[5], &rest) != 6) {
    throw std::invalid_argument("MAC " + text + ": expected six hexadecimal bytes, aa:bb:...");
  }
  return mac;
}

uint32_t parse_address(const std::string& text) {
  in_addr address{};
  if (inet_pton(AF_INET, text.c_str(), &address) != 1) {
    throw std::invalid_argument("address " + text + ": expected IPv4 as 10.2.0.0");
  }
  return address.s_addr;
}

uint32_t header_sum(const Frame& frame) {
  uint32_t sum = 0;
  for (int at = ETHERNET_BYTES; at < IPV4_DESTINATION + 2; at += 2) {
    if (at != IPV4_CHECKSUM) sum += load16(&frame[at]);
  }
  return sum;
}

Frame build_frame(const Interface& from, const Mac& to, uint32_t destination) {
  Frame frame{};
  std::memcpy(&frame[0], to.data(), 6);
  std::memcpy(&frame[6], from.mac.data(), 6);
  store16(&frame[12], 0x0800);
  frame[ETHERNET_BYTES] = 0x45;
  store16(&frame[ETHERNET_BYTES + 2], FRAME_BYTES - ETHERNET_BYTES);
  frame[ETHERNET_BYTES + 6] = 0x40;  // don't fragment
  frame[IPV4_TTL] = INITIAL_TTL;
  frame[IPV4_PROTOCOL] = PROTOCOL_UDP;
  std::memcpy(&frame[IPV4_SOURCE], &from.address, 4);
  std::memcpy(&frame[IPV4_DESTINATION], &destination, 4);
  store16(&frame[UDP_DESTINATION], DISCARD_PORT);
  store16(&frame[UDP_LENGTH], FRAME_BYTES - UDP_SOURCE);
  write_flow(frame.data(), load16(&frame[IPV4_DESTINATION + 2]), header_sum(frame));
  return frame;
}

}  // namespace traffic
