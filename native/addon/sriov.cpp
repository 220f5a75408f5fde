// VFs, seen from their PF, and the netdevs they have wherever they are.
#include <algorithm>
#include <memory>

#include "addon/calls.hpp"
#include "addon/exports.hpp"
#include "addon/waiting_task.hpp"
#include "engine/routing_prefix.hpp"
#include "link/netdev.hpp"
#include "link/netdev_announce.hpp"
#include "link/netdev_statistics.hpp"
#include "link/vf_change.hpp"
#include "link/vf_settings.hpp"

namespace millrace::addon {

namespace {

// ---- C++ to JavaScript ----

Napi::Value to_js(Napi::Env env, const std::optional<bool>& value) {
  return value ? boolean(env, *value) : env.Null();
}

Napi::Value to_js(Napi::Env env, const std::optional<VfLinkState>& state) {
  if (!state) return env.Null();
  return Napi::String::New(env, kVfLinkStateNames.at(static_cast<std::size_t>(*state)));
}

Napi::Object to_js(Napi::Env env, const VfSettings& vf) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("index", vf.index);
  result.Set("mac", to_text(vf.mac));
  result.Set("vlan", vf.vlan);
  result.Set("vlanQoS", vf.vlan_qos);
  result.Set("vlanProto", vf.service_vlan ? "802.1ad" : "802.1q");
  result.Set("spoofchk", to_js(env, vf.spoofchk));
  result.Set("trust", to_js(env, vf.trust));
  result.Set("linkState", to_js(env, vf.link_state));
  result.Set("minTxRate", vf.min_tx_rate);
  result.Set("maxTxRate", vf.max_tx_rate);
  return result;
}

void set_count(Napi::Object& result, const char* name, std::uint64_t count) {
  result.Set(name, static_cast<double>(count));
}

// Both kinds of statistics have these.
template <class Statistics>
Napi::Object counts(Napi::Env env, const Statistics& statistics) {
  Napi::Object result = Napi::Object::New(env);
  set_count(result, "rxPackets", statistics.rx_packets);
  set_count(result, "txPackets", statistics.tx_packets);
  set_count(result, "rxBytes", statistics.rx_bytes);
  set_count(result, "txBytes", statistics.tx_bytes);
  set_count(result, "rxDropped", statistics.rx_dropped);
  set_count(result, "txDropped", statistics.tx_dropped);
  return result;
}

Napi::Object to_js(Napi::Env env, const VfStatistics& vf) {
  Napi::Object result = counts(env, vf);
  result.Set("index", vf.index);
  set_count(result, "broadcast", vf.broadcast);
  set_count(result, "multicast", vf.multicast);
  return result;
}

Napi::Object to_js(Napi::Env env, const NetdevStatistics& netdev) {
  Napi::Object result = counts(env, netdev);
  set_count(result, "rxErrors", netdev.rx_errors);
  set_count(result, "txErrors", netdev.tx_errors);
  return result;
}

Napi::Value to_js(Napi::Env env, const std::optional<NetdevInfo>& netdev) {
  if (!netdev) return env.Null();
  Napi::Object result = Napi::Object::New(env);
  result.Set("ifindex", netdev->ifindex);
  result.Set("name", netdev->name);
  result.Set("altNames", texts(env, netdev->alternative_names));
  result.Set("mac", netdev->mac);
  result.Set("permanentMac", netdev->permanent_mac);
  result.Set("mtu", netdev->mtu);
  result.Set("up", boolean(env, netdev->up));
  result.Set("carrier", boolean(env, netdev->carrier));
  result.Set("promisc", boolean(env, netdev->promisc));
  result.Set("allmulti", boolean(env, netdev->allmulti));
  result.Set("busAddress", netdev->bus_address);
  result.Set("driver", netdev->driver);
  return result;
}

// ---- JavaScript to C++ ----

bool as_flag(const Napi::Value& value) {
  return value.As<Napi::Boolean>().Value();
}

int as_ifindex(const Napi::Value& value) {
  return static_cast<int>(as_number(value));
}

VfLinkState as_link_state(const std::string& name) {
  const auto found = std::find(kVfLinkStateNames.begin(), kVfLinkStateNames.end(), name);
  if (found == kVfLinkStateNames.end()) throw std::invalid_argument("linkState " + name);
  return static_cast<VfLinkState>(found - kVfLinkStateNames.begin());
}

// Made in place: GCC 12 takes a copy of a variant for one of uninitialized bytes.
using SharedVfChange = std::shared_ptr<const VfChange>;

template <class Knob>
SharedVfChange shared(const Knob& knob) {
  return std::make_shared<const VfChange>(knob);
}

SharedVfChange as_vf_change(const Napi::Object& object) {
  if (object.Has("mac")) return shared(VfMac{parse_mac(text(object, "mac"))});
  if (object.Has("vlan"))
    return shared(VfVlan{number(object, "vlan"), number(object, "vlanQoS"),
                         text(object, "vlanProto") == "802.1ad"});
  if (object.Has("spoofchk")) return shared(VfSpoofCheck{flag(object, "spoofchk")});
  if (object.Has("trust")) return shared(VfTrust{flag(object, "trust")});
  if (object.Has("linkState")) return shared(as_link_state(text(object, "linkState")));
  if (object.Has("maxTxRate"))
    return shared(VfRate{number(object, "minTxRate"), number(object, "maxTxRate")});
  throw std::invalid_argument("change of a VF: accepted: one of its knobs");
}

template <class Convert>
auto given(const Napi::Object& object, const char* key, Convert convert) {
  const Napi::Value value = object.Get(key);
  using Given = std::optional<decltype(convert(value))>;
  return value.IsUndefined() ? Given() : Given(convert(value));
}

NetdevChange as_netdev_change(const Napi::Object& object) {
  return {.name = given(object, "name", as_text),
          .mac = given(object, "mac", as_text),
          .mtu = given(object, "mtu", as_number),
          .up = given(object, "up", as_flag),
          .promisc = given(object, "promisc", as_flag),
          .allmulti = given(object, "allmulti", as_flag)};
}

// ---- What is exported: all of it waits for the kernel's lock of its links, or for firmware ----

constexpr auto kConvert = [](Napi::Env env, const auto& entry) { return to_js(env, entry); };

Napi::Value ListVfSettings(const Napi::CallbackInfo& info) {
  return list_of<WaitingTask>(
      info.Env(), [pf = as_text(info[0])] { return list_vf_settings(pf); }, kConvert);
}

Napi::Value ListVfStatistics(const Napi::CallbackInfo& info) {
  return list_of<WaitingTask>(
      info.Env(), [pf = as_text(info[0])] { return list_vf_statistics(pf); }, kConvert);
}

Napi::Value SetVf(const Napi::CallbackInfo& info) {
  const SharedVfChange change =
      guarded(info.Env(), [&] { return as_vf_change(info[2].As<Napi::Object>()); });
  return done<WaitingTask>(info.Env(), [pf = as_text(info[0]), index = as_number(info[1]), change] {
    set_vf(pf, index, *change);
  });
}

Napi::Value FindNetdev(const Napi::CallbackInfo& info) {
  return WaitingTask::run(
      info.Env(), [netns = as_text(info[0]), address = as_text(info[1])]() -> ToJs {
        return [netdev = find_netdev(netns, address)](Napi::Env env) { return to_js(env, netdev); };
      });
}

Napi::Value ReadNetdevStatistics(const Napi::CallbackInfo& info) {
  return WaitingTask::run(info.Env(),
                          [netns = as_text(info[0]), ifindex = as_ifindex(info[1]),
                           address = as_text(info[2])]() -> ToJs {
                            return [statistics = read_netdev_statistics(netns, ifindex, address)](
                                       Napi::Env env) { return to_js(env, statistics); };
                          });
}

Napi::Value SetNetdev(const Napi::CallbackInfo& info) {
  const NetdevChange change = as_netdev_change(info[2].As<Napi::Object>());
  return done<WaitingTask>(info.Env(), [netns = as_text(info[0]), ifindex = as_ifindex(info[1]),
                                        change] { set_netdev(netns, ifindex, change); });
}

Napi::Value MoveNetdev(const Napi::CallbackInfo& info) {
  return WaitingTask::run(info.Env(),
                          [from = as_text(info[0]), ifindex = as_ifindex(info[1]),
                           to = as_text(info[2]), name = as_text(info[3])]() -> ToJs {
                            return [moved = move_netdev(from, ifindex, to, name)](Napi::Env env) {
                              return Napi::Number::New(env, moved);
                            };
                          });
}

Napi::Value Announce(const Napi::CallbackInfo& info) {
  return done<WaitingTask>(
      info.Env(), [netns = as_text(info[0]), ifname = as_text(info[1]),
                   address = as_text(info[2])] { announce_address(netns, ifname, address); });
}

}  // namespace

void export_sriov(Napi::Object exports) {
  export_function<ListVfSettings>(exports, "listVfSettings");
  export_function<ListVfStatistics>(exports, "listVfStatistics");
  export_function<SetVf>(exports, "setVf");
  export_function<FindNetdev>(exports, "findNetdev");
  export_function<ReadNetdevStatistics>(exports, "netdevStatistics");
  export_function<SetNetdev>(exports, "setNetdev");
  export_function<MoveNetdev>(exports, "moveNetdev");
  export_function<Announce>(exports, "announce");
}

}  // namespace millrace::addon
