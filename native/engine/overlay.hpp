#pragma once
// The overlay of a dataplane: VTEPs, peers, and the networks that take part. One thread at a time,
// under the dataplane's mutex. Methods throw std::invalid_argument (it makes no sense) or
// std::length_error (there is no room), name what is wrong, and change nothing then.
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/ports.hpp"
#include "engine/quiescence.hpp"
#include "engine/routing_types.hpp"
#include "engine/xdp_program.hpp"
#include "tables/bridge.hpp"
#include "tables/vrf.hpp"
#include "tables/vxlan.hpp"

namespace millrace {

struct VtepRequest {
  std::string name;
  std::uint32_t underlay = 0;  // network
  std::optional<IpAddress> address4;
  std::optional<IpAddress> address6;
  std::uint16_t udp_port = 4789;
  UdpChecksum udp_checksum = UdpChecksum::kAuto;
  std::uint8_t ttl = 64;
  int dscp = -1;
  bool nested = false;
};

struct VtepInfo {
  std::uint32_t id = 0;
  std::uint16_t port = 0;  // counts what is dropped on the way through the underlay
};

struct PeerChange {
  ChangeOp op = ChangeOp::kAdd;
  IpAddress address{};
  std::uint32_t mtu = 0;
};

struct PeerInfo {
  IpAddress address{};
  std::uint32_t mtu = 0;
};

struct VniRequest {
  std::uint32_t vtep = 0;
  std::uint32_t vni = 0;
  Mac mac{};
  std::uint32_t mtu = 1450;
  bool learning = true;
};

class Overlay {
 public:
  Overlay(Ports& ports, Quiescence& quiescence) : ports_(ports), quiescence_(quiescence) {}

  const Vxlan& tables() const { return tables_; }

  VtepInfo add_vtep(const VtepRequest& request, Vrf& underlay);
  // Throws while a network uses it.
  void remove_vtep(std::uint32_t id);
  const VtepRequest& vtep(std::uint32_t id) const { return state(id).request; }
  // The VTEPs in a network, as its uplinks have to know them.
  std::vector<XdpProgram::VtepAddress> vteps_in(std::uint32_t underlay) const;
  // Whether a VTEP in that network has the address.
  bool has_address(std::uint32_t underlay, const IpAddress& address) const;

  // All changes or none. What leads to a peer goes with it; what is deleted makes room first.
  void apply_peers(std::uint32_t vtep, std::span<const PeerChange> changes);
  std::vector<PeerInfo> list_peers(std::uint32_t vtep) const;

  // network: routed with a VRF, or bridged with a bridge. tables: puts the port into them, before
  // anything comes in by it. Returns the configuration of its port.
  const PortConfig& add_vni(std::uint32_t network, const VniRequest& request, Vrf* vrf,
                            Bridge* bridge, const std::function<void(const PortConfig&)>& tables);
  // tables: takes the port out of VRF or bridge, when nothing comes in by it any more.
  void remove_vni(std::uint32_t network, const std::function<void(const PortConfig&)>& tables);
  // Null when the network takes no part.
  const PortConfig* port_of(std::uint32_t network) const;
  Fdb* fdb_of(std::uint32_t network) const;
  // As FDB port.
  std::uint16_t require_peer(std::uint32_t network, const IpAddress& address) const;
  std::optional<IpAddress> address_of(std::uint16_t fdb_port) const;
  void set_flood(std::uint32_t network, std::span<const IpAddress> peers);

 private:
  struct VtepState {
    VtepRequest request;
    Vtep vtep;
    std::map<IpAddress, std::uint16_t> peers;  // FDB port of each
  };
  struct VniState {
    std::uint32_t vtep = 0;
    std::uint16_t port = 0;
    VxlanPort vxlan;
    std::unique_ptr<Fdb> own_fdb;  // of a routed network
    std::unique_ptr<const FloodList> flood;
    Bridge* bridge = nullptr;
  };

  VtepState& state(std::uint32_t id) const;
  VniState& vni_state(std::uint32_t network) const;
  void check_new_vtep(const VtepRequest& request, const Vrf& underlay) const;
  void check_peers(const VtepState& state, std::span<const PeerChange> changes) const;
  void remove_peers(VtepState& state, std::span<const PeerChange> changes);
  void put_peer(VtepState& state, const PeerChange& change);
  void forget_peers(const VtepState& state, std::span<const std::uint16_t> peers);
  // Returns the list that workers may go on reading until their next quiescent state.
  static std::unique_ptr<const FloodList> publish_flood(VniState& vni, FloodList list);
  // Waits for the workers and frees what they may have been using.
  void reclaim(Vtep& vtep);

  Ports& ports_;
  Quiescence& quiescence_;
  Vxlan tables_;
  std::map<std::uint32_t, std::unique_ptr<VtepState>> vteps_;
  std::map<std::uint32_t, std::unique_ptr<VniState>> vnis_;  // by network
  std::uint32_t next_vtep_ = 1;
};

}  // namespace millrace
