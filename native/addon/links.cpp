// Links, namespaces and facts of the host.
#include "link/links.hpp"
#include "addon/calls.hpp"
#include "addon/exports.hpp"
#include "addon/task.hpp"
#include "addon/waiting_task.hpp"
#include "link/companion.hpp"
#include "link/default_route.hpp"
#include "link/host_facts.hpp"
#include "link/path_probe.hpp"
#include "link/pod_link.hpp"
#include "link/xdp_features.hpp"

namespace millrace::addon {

namespace {

Napi::Array to_js(Napi::Env env, const std::vector<PodRoute>& routes) {
  return array(env, routes, [&](const PodRoute& route) {
    Napi::Object result = Napi::Object::New(env);
    result.Set("dst", route.dst);
    result.Set("gw", route.gateway);
    return result;
  });
}

Napi::Value to_js(Napi::Env env, const std::optional<PodInfo>& info) {
  if (!info) return env.Null();
  Napi::Object result = Napi::Object::New(env);
  result.Set("ifindex", info->ifindex);
  result.Set("mac", info->mac);
  result.Set("mtu", info->mtu);
  result.Set("up", Napi::Boolean::New(env, info->up));
  result.Set("addresses", texts(env, info->addresses));
  result.Set("routes", to_js(env, info->routes));
  return result;
}

Napi::Object to_js(Napi::Env env, const LinkInfo& link) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("ifindex", link.ifindex);
  result.Set("name", link.name);
  result.Set("alias", link.alias);
  result.Set("mac", link.mac);
  result.Set("mtu", link.mtu);
  result.Set("up", Napi::Boolean::New(env, link.up));
  result.Set("kind", link.kind);
  result.Set("xdpProgram", link.xdp_program);
  result.Set("vrfTable", link.vrf_table);
  return result;
}

Napi::Object to_js(Napi::Env env, const XdpFeatures& device) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("ifindex", device.ifindex);
  result.Set("name", device.name);
  result.Set("features", texts(env, device.features));
  result.Set("known", Napi::Boolean::New(env, device.known));
  return result;
}

Napi::Value CreateVeth(const Napi::CallbackInfo& info) {
  const auto object = info[0].As<Napi::Object>();
  VethRequest request{text(object, "hostName"), text(object, "hostMac"), text(object, "podName"),
                      text(object, "podMac"),   text(object, "netns"),   text(object, "alias"),
                      number(object, "mtu"),    number(object, "queues")};
  return Task::run(info.Env(), [request = std::move(request)]() -> ToJs {
    const VethPair pair = create_veth(request);
    return [pair](Napi::Env env) {
      Napi::Object result = Napi::Object::New(env);
      result.Set("hostIfindex", pair.host_ifindex);
      result.Set("podIfindex", pair.pod_ifindex);
      return result;
    };
  });
}

Napi::Value CreateCompanion(const Napi::CallbackInfo& info) {
  const auto object = info[0].As<Napi::Object>();
  CompanionRequest request{text(object, "near"),  text(object, "far"),   text(object, "mac"),
                           text(object, "alias"), number(object, "mtu"), number(object, "queues")};
  return Task::run(info.Env(), [request = std::move(request)] {
    create_companion(request);
    return undefined();
  });
}

Napi::Value DeleteCompanion(const Napi::CallbackInfo& info) {
  const auto object = info[0].As<Napi::Object>();
  return Task::run(info.Env(), [near = text(object, "near"), mac = text(object, "mac"),
                                alias = text(object, "alias")] {
    delete_companion(near, mac, alias);
    return undefined();
  });
}

Napi::Value ConfigurePod(const Napi::CallbackInfo& info) {
  const auto object = info[0].As<Napi::Object>();
  PodRequest request{text(object, "netns"), text(object, "ifname"),
                     list<std::string>(object, "addresses", as_text),
                     list<std::string>(object, "gateways", as_text),
                     list<PodRoute>(object, "routes", [](const Napi::Value& value) {
                       const auto route = value.As<Napi::Object>();
                       return PodRoute{text(route, "dst"), text(route, "gw")};
                     })};
  return Task::run(info.Env(), [request = std::move(request)] {
    configure_pod(request);
    return undefined();
  });
}

Napi::Value DescribePod(const Napi::CallbackInfo& info) {
  return Task::run(info.Env(), [netns = as_text(info[0]), ifname = as_text(info[1])]() -> ToJs {
    return [pod = describe_pod(netns, ifname)](Napi::Env env) { return to_js(env, pod); };
  });
}

Napi::Value DeleteLink(const Napi::CallbackInfo& info) {
  return Task::run(info.Env(), [name = as_text(info[0]), alias = as_text(info[1])]() -> ToJs {
    return [deleted = delete_link(name, alias)](Napi::Env env) {
      return Napi::Boolean::New(env, deleted);
    };
  });
}

Napi::Value ListLinks(const Napi::CallbackInfo& info) {
  return Task::run(info.Env(), []() -> ToJs {
    return [links = list_links()](Napi::Env env) {
      return array(env, links, [&](const LinkInfo& link) { return to_js(env, link); });
    };
  });
}

Napi::Value NetdevFeatures(const Napi::CallbackInfo& info) {
  return Task::run(info.Env(), []() -> ToJs {
    return [devices = list_xdp_features()](Napi::Env env) {
      return array(env, devices, [&](const XdpFeatures& device) { return to_js(env, device); });
    };
  });
}

Napi::Value ProbeHost(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const HostFacts facts = guarded(env, [] { return probe_host(); });
  Napi::Object af_xdp = Napi::Object::New(env);
  af_xdp.Set("ok", Napi::Boolean::New(env, facts.af_xdp));
  af_xdp.Set("reason", facts.af_xdp_reason);
  Napi::Object result = Napi::Object::New(env);
  result.Set("kernel", facts.kernel);
  result.Set("libbpf", facts.libbpf);
  result.Set("afXdp", af_xdp);
  result.Set("txMetadata", Napi::Boolean::New(env, facts.tx_metadata));
  result.Set("hugepagesFree", static_cast<double>(facts.hugepages_free));
  result.Set("memlockBytes",
             facts.memlock_bytes == UINT64_MAX
                 ? Napi::Number::New(env, std::numeric_limits<double>::infinity())
                 : Napi::Number::New(env, static_cast<double>(facts.memlock_bytes)));
  return result;
}

Napi::Value DefaultRouteInterfaces(const Napi::CallbackInfo& info) {
  return Task::run(info.Env(), []() -> ToJs {
    return [interfaces = default_route_interfaces()](Napi::Env env) {
      return array(env, interfaces, [&](int ifindex) { return Napi::Number::New(env, ifindex); });
    };
  });
}

Napi::Object to_js(Napi::Env env, const PathProbe& probe) {
  static constexpr std::array kOutcomes = {"reached", "too-big", "silent"};
  Napi::Object result = Napi::Object::New(env);
  result.Set("outcome", kOutcomes[static_cast<std::size_t>(probe.outcome)]);
  result.Set("mtu", probe.mtu);
  return result;
}

Napi::Value ProbePath(const Napi::CallbackInfo& info) {
  const auto object = info[0].As<Napi::Object>();
  PathProbeRequest request{text(object, "source"), text(object, "destination"),
                           number(object, "bytes"),
                           std::chrono::milliseconds(number(object, "timeoutMs"))};
  return WaitingTask::run(info.Env(), [request = std::move(request)]() -> ToJs {
    return [probe = probe_path(request)](Napi::Env env) { return to_js(env, probe); };
  });
}

}  // namespace

void export_links(Napi::Object exports) {
  export_function<ProbeHost>(exports, "probeHost");
  export_function<CreateVeth>(exports, "createVeth");
  export_function<CreateCompanion>(exports, "createCompanion");
  export_function<DeleteCompanion>(exports, "deleteCompanion");
  export_function<ConfigurePod>(exports, "configurePod");
  export_function<DescribePod>(exports, "describePod");
  export_function<DeleteLink>(exports, "deleteLink");
  export_function<ListLinks>(exports, "listLinks");
  export_function<NetdevFeatures>(exports, "netdevFeatures");
  export_function<DefaultRouteInterfaces>(exports, "defaultRouteInterfaces");
  export_function<ProbePath>(exports, "probePath");
  export_bridge(exports);
}

}  // namespace millrace::addon
