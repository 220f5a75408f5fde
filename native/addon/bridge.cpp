// The tables of kernel bridges and VXLAN devices, as routing daemons for EVPN use them.
#include "addon/calls.hpp"
#include "addon/exports.hpp"
#include "addon/task.hpp"
#include "link/bridge_fdb.hpp"
#include "link/bridge_neighbours.hpp"
#include "link/bridge_port.hpp"
#include "link/bridge_routes.hpp"
#include "link/bridge_vxlan.hpp"

namespace millrace::addon {

namespace {

Napi::Object to_js(Napi::Env env, const FdbEntry& entry) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("mac", entry.mac);
  result.Set("vlan", entry.vlan);
  result.Set("bridge", boolean(env, entry.bridge));
  result.Set("destination", entry.destination);
  result.Set("vni", entry.vni);
  result.Set("udpPort", entry.udp_port);
  result.Set("nexthop", entry.nexthop);
  result.Set("permanent", boolean(env, entry.permanent));
  result.Set("fixed", boolean(env, entry.fixed));
  result.Set("external", boolean(env, entry.external));
  return result;
}

Napi::Object to_js(Napi::Env env, const NeighbourEntry& entry) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("address", entry.address);
  result.Set("mac", entry.mac);
  result.Set("external", boolean(env, entry.external));
  result.Set("own", boolean(env, entry.own));
  return result;
}

Napi::Object to_js(Napi::Env env, const GatewayRoute& route) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("prefix", route.prefix);
  result.Set("gateways", texts(env, route.gateways));
  return result;
}

Napi::Object to_js(Napi::Env env, const VxlanDevice& device) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("ifindex", device.ifindex);
  result.Set("vni", device.vni);
  result.Set("udpPort", device.udp_port);
  result.Set("local", device.local);
  result.Set("external", boolean(env, device.external));
  result.Set("bridge", device.bridge);
  result.Set("bridgeIfindex", device.bridge_ifindex);
  result.Set("bridgeMac", device.bridge_mac);
  result.Set("table", device.table);
  return result;
}

constexpr auto kConvert = [](Napi::Env env, const auto& entry) { return to_js(env, entry); };

Napi::Value whether(Napi::Env env, std::function<bool()> work) {
  return Task::run(env, [work = std::move(work)]() -> ToJs {
    return [result = work()](Napi::Env inner) { return boolean(inner, result); };
  });
}

Napi::Value ListKernelFdb(const Napi::CallbackInfo& info) {
  return list_of<Task>(
      info.Env(), [ifname = as_text(info[0])] { return list_fdb(ifname); }, kConvert);
}

Napi::Value ListKernelNeighbours(const Napi::CallbackInfo& info) {
  return list_of<Task>(
      info.Env(), [ifname = as_text(info[0])] { return list_neighbours(ifname); }, kConvert);
}

Napi::Value ListKernelRoutes(const Napi::CallbackInfo& info) {
  return list_of<Task>(
      info.Env(),
      [ifname = as_text(info[0]), table = as_number(info[1])] {
        return list_gateway_routes(ifname, table);
      },
      kConvert);
}

Napi::Value SetKernelFdb(const Napi::CallbackInfo& info) {
  return done<Task>(info.Env(),
                    [port = as_text(info[0]), mac = as_text(info[1])] { set_fdb(port, mac); });
}

Napi::Value RemoveKernelFdb(const Napi::CallbackInfo& info) {
  return whether(info.Env(), [port = as_text(info[0]), mac = as_text(info[1])] {
    return remove_fdb(port, mac);
  });
}

Napi::Value SetKernelNeighbour(const Napi::CallbackInfo& info) {
  return done<Task>(info.Env(), [ifname = as_text(info[0]), address = as_text(info[1]),
                                 mac = as_text(info[2])] { set_neighbour(ifname, address, mac); });
}

Napi::Value RemoveKernelNeighbour(const Napi::CallbackInfo& info) {
  return whether(info.Env(), [ifname = as_text(info[0]), address = as_text(info[1])] {
    return remove_neighbour(ifname, address);
  });
}

Napi::Value EnsureBridgePort(const Napi::CallbackInfo& info) {
  const auto object = info[0].As<Napi::Object>();
  BridgePortRequest request{text(object, "name"), text(object, "bridge"), text(object, "alias")};
  return Task::run(info.Env(), [request = std::move(request)]() -> ToJs {
    return [port = ensure_bridge_port(request)](Napi::Env env) {
      Napi::Object result = Napi::Object::New(env);
      result.Set("ifindex", port.ifindex);
      result.Set("kind", port.kind);
      return result;
    };
  });
}

Napi::Value DescribeVxlan(const Napi::CallbackInfo& info) {
  return Task::run(info.Env(), [ifname = as_text(info[0])]() -> ToJs {
    return [device = describe_vxlan(ifname)](Napi::Env env) -> Napi::Value {
      if (!device) return env.Null();
      return to_js(env, *device);
    };
  });
}

}  // namespace

void export_bridge(Napi::Object exports) {
  export_function<DescribeVxlan>(exports, "describeKernelVxlan");
  export_function<ListKernelFdb>(exports, "listKernelFdb");
  export_function<ListKernelNeighbours>(exports, "listKernelNeighbours");
  export_function<ListKernelRoutes>(exports, "listKernelRoutes");
  export_function<SetKernelFdb>(exports, "setKernelFdb");
  export_function<RemoveKernelFdb>(exports, "removeKernelFdb");
  export_function<SetKernelNeighbour>(exports, "setKernelNeighbour");
  export_function<RemoveKernelNeighbour>(exports, "removeKernelNeighbour");
  export_function<EnsureBridgePort>(exports, "ensureBridgePort");
}

}  // namespace millrace::addon
