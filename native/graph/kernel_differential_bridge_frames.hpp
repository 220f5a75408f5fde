#pragma once
// Random frames of a few stations that now and then move.
#include <algorithm>

#include "graph/kernel_differential_frames.hpp"

namespace millrace::differential_bridge {

constexpr std::uint16_t kPorts = 4;
constexpr std::array<std::uint32_t, kPorts> kMtus = {1500, 1500, 1400, 1500};

class Frames {
 public:
  explicit Frames(Dice& dice) : dice_(dice) {}

  // Few stations that stay where they are but for a while, so that most frames find somebody.
  Output next() {
    const std::uint32_t station = dice_.roll(kStations);
    if (dice_.percent(4)) place_[station] = static_cast<std::uint16_t>(dice_.roll(kPorts));
    Output in{place_[station], {}};
    in.frame = ethernet(destination(), source(station), type(), payload(in.port));
    if (dice_.percent(20)) in.frame = tagged(in.frame);
    in.frame.resize(std::min<std::size_t>(in.frame.size(), kMtus[in.port] + kEthernetLength));
    for (const std::uint32_t mtu : kMtus) leave_grey_zone(in.frame, mtu);
    return in;
  }

 private:
  static constexpr std::uint32_t kStations = 24;

  // The kernel forwards up to four bytes more than the MTU, whether or not they are a tag.
  static void leave_grey_zone(Bytes& frame, std::uint32_t mtu) {
    const std::uint16_t outer = load_be16(&frame[12]);
    const bool has_tag = outer == kEtherTypeVlan || outer == kEtherTypeQinQ;
    const std::size_t longest = mtu + kEthernetLength + (has_tag ? 4 : 0);
    if (frame.size() > longest && frame.size() <= longest + 4) frame.resize(longest);
  }
  static Mac station_mac(std::uint32_t station) {
    return {{2, 0, 0, 1, 0, static_cast<std::uint8_t>(station)}};
  }
  Mac random_mac() {
    Mac mac;
    const Bytes bytes = dice_.bytes(6);
    std::copy(bytes.begin(), bytes.end(), mac.bytes.begin());
    return mac;
  }
  Mac source(std::uint32_t station) {
    if (dice_.percent(2)) return Mac{};
    if (dice_.percent(4)) return random_mac();  // every second one of a group
    return station_mac(station);
  }
  // 01:80:c2:00:00:00 is not among them: a kernel bridge without STP forwards it, against IEEE
  // 802.1Q table 8-1, so that others may find loops.
  Mac destination() {
    const std::uint32_t kind = dice_.roll(100);
    if (kind < 60) return station_mac(dice_.roll(kStations));
    if (kind < 70) return {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
    if (kind < 78) return {{1, 0, 0x5e, 0, 0, static_cast<std::uint8_t>(dice_.roll(256))}};
    if (kind < 84) return {{0x33, 0x33, 0, 0, 0, static_cast<std::uint8_t>(dice_.roll(256))}};
    if (kind < 92)
      return {{1, 0x80, 0xc2, 0, 0, static_cast<std::uint8_t>(dice_.between(1, 0x30))}};
    return kind < 94 ? Mac{} : random_mac();
  }
  std::uint16_t type() {
    static constexpr std::array<std::uint16_t, 9> kTypes = {
        kEtherTypeIp4, kEtherTypeIp6, kEtherTypeArp, 0x88b6, 0x8808,
        0x88cc,        0x0026,        0x05dc,        0x8847};
    return dice_.percent(90) ? dice_.one_of(kTypes) : static_cast<std::uint16_t>(dice_.word());
  }
  Bytes payload(std::uint16_t port) {
    if (dice_.percent(5)) return dice_.bytes(dice_.roll(6));
    if (dice_.percent(80)) return dice_.bytes(dice_.roll(120));
    return dice_.bytes(dice_.between(1380, kMtus[port]));
  }
  // One or two tags, of any VLAN and priority. The kernel wants an EtherType and two bytes behind.
  Bytes tagged(Bytes frame) {
    frame.resize(std::max<std::size_t>(frame.size(), kEthernetLength + 2));
    for (std::uint32_t i = dice_.percent(20) ? 2 : 1; i > 0; --i) {
      Bytes tag(4);
      store_be16(&tag[0], dice_.percent(70) ? kEtherTypeVlan : kEtherTypeQinQ);
      store_be16(&tag[2], static_cast<std::uint16_t>(dice_.word()));
      frame.insert(frame.begin() + 12, tag.begin(), tag.end());
    }
    return frame;
  }

  Dice& dice_;
  std::array<std::uint16_t, kStations> place_{};
};

}  // namespace millrace::differential_bridge
