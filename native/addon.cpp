// The only file that includes napi.h: conversion between JavaScript values and the C++ types, and
// nothing else. JavaScript has validated what arrives here; a wrong type is a bug and throws.
#include <arpa/inet.h>
#include <napi.h>

#include <cstring>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <variant>

#include "engine/dataplane.hpp"
#include "link/host_facts.hpp"
#include "link/links.hpp"
#include "link/pod_link.hpp"
#include "link/xdp_features.hpp"

namespace millrace {
namespace {

using ToJs = std::function<Napi::Value(Napi::Env)>;

// ---- JavaScript to C++ ----

std::string text(const Napi::Object& object, const char* key) {
  return object.Get(key).As<Napi::String>().Utf8Value();
}

std::uint32_t number(const Napi::Object& object, const char* key) {
  return object.Get(key).As<Napi::Number>().Uint32Value();
}

template <class Item, class Convert>
std::vector<Item> list(const Napi::Object& object, const char* key, Convert convert) {
  const auto array = object.Get(key).As<Napi::Array>();
  std::vector<Item> items;
  for (std::uint32_t i = 0; i < array.Length(); ++i) items.push_back(convert(array.Get(i)));
  return items;
}

std::string as_text(const Napi::Value& value) {
  return value.As<Napi::String>().Utf8Value();
}

Mac parse_mac(const std::string& value) {
  unsigned b[6];
  if (std::sscanf(value.c_str(), "%2x:%2x:%2x:%2x:%2x:%2x", &b[0], &b[1], &b[2], &b[3], &b[4],
                  &b[5]) != 6)
    throw std::invalid_argument("MAC address " + value);
  Mac mac;
  for (int i = 0; i < 6; ++i) mac.bytes[i] = static_cast<std::uint8_t>(b[i]);
  return mac;
}

std::optional<Ip4> parse_ip4(const std::string& value) {
  in_addr address{};
  if (::inet_pton(AF_INET, value.c_str(), &address) != 1) return std::nullopt;
  return ntohl(address.s_addr);
}

std::optional<Ip6> parse_ip6(const std::string& value) {
  Ip6 address;
  if (::inet_pton(AF_INET6, value.c_str(), address.bytes.data()) != 1) return std::nullopt;
  return address;
}

Prefix parse_prefix(const std::string& value) {
  const std::size_t slash = value.find('/');
  const std::string address = value.substr(0, slash);
  Prefix prefix;
  prefix.length = static_cast<std::uint32_t>(std::stoul(value.substr(slash + 1)));
  if (const auto ip4 = parse_ip4(address)) {
    store_be32(prefix.bytes.data(), *ip4);
  } else if (const auto ip6 = parse_ip6(address)) {
    prefix.ip6 = true;
    prefix.bytes = ip6->bytes;
  } else {
    throw std::invalid_argument("prefix " + value);
  }
  if (prefix.length > (prefix.ip6 ? 128u : 32u)) throw std::invalid_argument("prefix " + value);
  return prefix;
}

Hugepages parse_hugepages(const std::string& value) {
  if (value == "off") return Hugepages::kOff;
  return value == "require" ? Hugepages::kRequire : Hugepages::kAuto;
}

std::optional<PortMode> parse_mode(const std::string& value) {
  for (const PortMode mode : {PortMode::kZeroCopy, PortMode::kCopy, PortMode::kGeneric})
    if (value == name_of(mode)) return mode;
  return std::nullopt;
}

WorkerOptions parse_worker(const Napi::Value& value) {
  const auto object = value.As<Napi::Object>();
  WorkerOptions options;
  options.cpu = object.Get("cpu").As<Napi::Number>().Int32Value();
  options.frames = number(object, "frames");
  options.frame_size = number(object, "frameSize");
  options.hugepages = parse_hugepages(text(object, "hugepages"));
  options.ring_size = number(object, "ringSize");
  options.batch = std::min(number(object, "batch"), kMaxBurst);
  options.idle_rounds = number(object, "idleRounds");
  options.icmp_per_second = number(object, "icmpPerSecond");
  return options;
}

XskPort::Tuning parse_tuning(const Napi::Object& object) {
  XskPort::Tuning tuning{};
  tuning.fill = number(object, "fill");
  tuning.tx_budget = number(object, "txBudget");
  if (object.Get("busyPoll").IsObject()) {
    const auto busy_poll = object.Get("busyPoll").As<Napi::Object>();
    tuning.busy_poll = true;
    tuning.busy_poll_usecs = number(busy_poll, "usecs");
    tuning.busy_poll_budget = number(busy_poll, "budget");
  }
  return tuning;
}

AddPortRequest parse_port(const Napi::Object& object) {
  AddPortRequest request;
  request.network = number(object, "network");
  request.mac = parse_mac(text(object, "mac"));
  request.peer_mac = parse_mac(text(object, "podMac"));
  request.mtu = number(object, "mtu");
  for (const auto& address : list<std::string>(object, "addresses", as_text)) {
    if (const auto ip4 = parse_ip4(address)) request.peer_ip4 = ip4;
    if (const auto ip6 = parse_ip6(address)) request.peer_ip6 = ip6;
  }
  request.port.ifname = text(object, "ifname");
  request.port.forced = parse_mode(text(object, "mode"));
  request.port.tuning = parse_tuning(object);
  if (object.Get("peer").IsObject()) {
    const auto peer = object.Get("peer").As<Napi::Object>();
    request.port.has_peer = true;
    request.port.peer_netns = text(peer, "netns");
    request.port.peer_ifname = text(peer, "ifname");
  }
  return request;
}

// ---- C++ to JavaScript ----

template <class Items, class Convert>
Napi::Array array(Napi::Env env, const Items& items, Convert convert) {
  Napi::Array result = Napi::Array::New(env, items.size());
  std::uint32_t i = 0;
  for (const auto& item : items) result.Set(i++, convert(item));
  return result;
}

Napi::Array texts(Napi::Env env, const auto& items) {
  return array(env, items,
               [&](const auto& item) { return Napi::String::New(env, item.data(), item.size()); });
}

Napi::Object to_js(Napi::Env env, const PortInfo& info) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("port", info.port);
  result.Set("mode", name_of(info.mode));
  result.Set("txChecksum", info.tx_checksum == TxChecksum::kMetadata ? "metadata" : "software");
  result.Set("refused", texts(env, info.refused));
  return result;
}

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

Napi::Value to_js(Napi::Env env, const std::optional<xdp_statistics>& statistics) {
  if (!statistics) return env.Null();
  Napi::Object result = Napi::Object::New(env);
  const auto set = [&](const char* key, std::uint64_t value) {
    result.Set(key, static_cast<double>(value));
  };
  set("rx_dropped", statistics->rx_dropped);
  set("rx_invalid_descs", statistics->rx_invalid_descs);
  set("tx_invalid_descs", statistics->tx_invalid_descs);
  set("rx_ring_full", statistics->rx_ring_full);
  set("rx_fill_ring_empty_descs", statistics->rx_fill_ring_empty_descs);
  set("tx_ring_empty_descs", statistics->tx_ring_empty_descs);
  return result;
}

// The message, plus `code` (EEXIST …) and `errno` as Node's own system errors have them.
Napi::Value to_js(Napi::Env env, const std::exception& failure) {
  Napi::Error error = Napi::Error::New(env, failure.what());
  if (const auto* system = dynamic_cast<const std::system_error*>(&failure)) {
    const int number = system->code().value();
    const char* name = ::strerrorname_np(number);
    error.Set("code", Napi::String::New(env, name == nullptr ? "EIO" : name));
    error.Set("errno", Napi::Number::New(env, -number));
  } else if (dynamic_cast<const std::invalid_argument*>(&failure) != nullptr) {
    error.Set("code", Napi::String::New(env, "EINVAL"));
  }
  return error.Value();
}

// ---- asynchronous calls ----

// Runs work on a thread of libuv's pool; what it returns makes the value of the promise.
class Task final : public Napi::AsyncWorker {
 public:
  static Napi::Value run(Napi::Env env, std::function<ToJs()> work) {
    auto* task = new Task(env, std::move(work));  // deletes itself after OnOK
    const Napi::Promise promise = task->deferred_.Promise();
    task->Queue();
    return promise;
  }

 protected:
  void Execute() override {
    try {
      result_ = work_();
    } catch (const std::system_error& failure) {
      result_ = [failure](Napi::Env env) { return to_js(env, failure); };
      failed_ = true;
    } catch (const std::invalid_argument& failure) {
      result_ = [failure](Napi::Env env) { return to_js(env, failure); };
      failed_ = true;
    } catch (const std::exception& failure) {
      result_ = [what = std::string(failure.what())](Napi::Env env) {
        return to_js(env, std::runtime_error(what));
      };
      failed_ = true;
    }
  }
  void OnOK() override {
    const Napi::HandleScope scope(Env());
    if (failed_)
      deferred_.Reject(result_(Env()));
    else
      deferred_.Resolve(result_(Env()));
  }

 private:
  Task(Napi::Env env, std::function<ToJs()> work)
      : Napi::AsyncWorker(env),
        deferred_(Napi::Promise::Deferred::New(env)),
        work_(std::move(work)) {}

  Napi::Promise::Deferred deferred_;
  std::function<ToJs()> work_;
  ToJs result_;
  bool failed_ = false;
};

ToJs undefined() {
  return [](Napi::Env env) { return env.Undefined(); };
}

// Synchronous calls: the same errors, thrown.
template <class Work>
auto guarded(Napi::Env env, Work work) {
  try {
    return work();
  } catch (const Napi::Error&) {
    throw;
  } catch (const std::exception& failure) {
    throw Napi::Error(env, to_js(env, failure));
  }
}

// ---- the links ----

Napi::Value CreateVeth(const Napi::CallbackInfo& info) {
  const auto object = info[0].As<Napi::Object>();
  VethRequest request{text(object, "hostName"), text(object, "hostMac"), text(object, "podName"),
                      text(object, "podMac"),   text(object, "netns"),   text(object, "alias"),
                      number(object, "mtu")};
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

// ---- the dataplane ----

class DataplaneObject : public Napi::ObjectWrap<DataplaneObject> {
 public:
  static void Init(Napi::Env env, Napi::Object exports) {
    exports.Set(
        "Dataplane",
        DefineClass(env, "Dataplane",
                    {
                        InstanceMethod<&DataplaneObject::Start>("start"),
                        InstanceMethod<&DataplaneObject::Stop>("stop"),
                        InstanceMethod<&DataplaneObject::DescribeWorkers>("describeWorkers"),
                        InstanceMethod<&DataplaneObject::AddNetwork>("addNetwork"),
                        InstanceMethod<&DataplaneObject::RemoveNetwork>("removeNetwork"),
                        InstanceMethod<&DataplaneObject::AddPort>("addPort"),
                        InstanceMethod<&DataplaneObject::RemovePort>("removePort"),
                        InstanceMethod<&DataplaneObject::AddRoute>("addRoute"),
                        InstanceMethod<&DataplaneObject::RemoveRoute>("removeRoute"),
                        InstanceMethod<&DataplaneObject::PortStatistics>("portStatistics"),
                    }));
  }

  explicit DataplaneObject(const Napi::CallbackInfo& info)
      : Napi::ObjectWrap<DataplaneObject>(info) {
    const auto object = info[0].As<Napi::Object>();
    auto counters = object.Get("counters").As<Napi::BigUint64Array>();
    if (counters.ElementLength() < std::size_t{kCounterSlots} * (kMaxPorts + kMaxWorkers))
      throw Napi::TypeError::New(info.Env(), "counters is smaller than counterLayout asks for");
    counters_ = Napi::Persistent(counters.As<Napi::Object>());
    auto* blocks = reinterpret_cast<CounterBlock*>(counters.Data());
    const auto workers = list<WorkerOptions>(object, "workers", parse_worker);
    dataplane_ = guarded(info.Env(), [&] { return std::make_shared<Dataplane>(blocks, workers); });
  }

 private:
  // Every task holds the dataplane, so that garbage collection cannot take it from under one.
  template <class Work>
  Napi::Value run(Napi::Env env, Work work) {
    return Task::run(env,
                     [dataplane = dataplane_, work = std::move(work)] { return work(*dataplane); });
  }

  void Start(const Napi::CallbackInfo& info) {
    guarded(info.Env(), [&] { dataplane_->start(); });
  }

  Napi::Value Stop(const Napi::CallbackInfo& info) {
    return run(info.Env(), [](Dataplane& dataplane) {
      dataplane.stop();
      return undefined();
    });
  }

  Napi::Value DescribeWorkers(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    return array(env, dataplane_->workers(), [&](const auto& worker) {
      Napi::Object result = Napi::Object::New(env);
      result.Set("cpu", worker->options.cpu);
      result.Set("umemBytes", static_cast<double>(worker->umem.bytes()));
      result.Set("hugepages", Napi::Boolean::New(env, worker->umem.hugepages()));
      return result;
    });
  }

  Napi::Value AddNetwork(const Napi::CallbackInfo& info) {
    const auto object = info[0].As<Napi::Object>();
    const NetworkRequest request{number(object, "worker"), parse_ip4(text(object, "gateway4")),
                                 parse_ip6(text(object, "gateway6"))};
    return run(info.Env(), [request](Dataplane& dataplane) -> ToJs {
      return [id = dataplane.add_network(request)](Napi::Env env) {
        return Napi::Number::New(env, id);
      };
    });
  }

  Napi::Value RemoveNetwork(const Napi::CallbackInfo& info) {
    return run(info.Env(), [id = info[0].As<Napi::Number>().Uint32Value()](Dataplane& dataplane) {
      dataplane.remove_network(id);
      return undefined();
    });
  }

  Napi::Value AddPort(const Napi::CallbackInfo& info) {
    auto request = guarded(info.Env(), [&] { return parse_port(info[0].As<Napi::Object>()); });
    return run(info.Env(), [request = std::move(request)](Dataplane& dataplane) -> ToJs {
      return [port = dataplane.add_port(request)](Napi::Env env) { return to_js(env, port); };
    });
  }

  Napi::Value RemovePort(const Napi::CallbackInfo& info) {
    return run(info.Env(), [port = port_of(info[0])](Dataplane& dataplane) {
      dataplane.remove_port(port);
      return undefined();
    });
  }

  Napi::Value AddRoute(const Napi::CallbackInfo& info) {
    const auto prefix = guarded(info.Env(), [&] { return parse_prefix(as_text(info[1])); });
    return run(info.Env(), [network = info[0].As<Napi::Number>().Uint32Value(), prefix,
                            port = port_of(info[2])](Dataplane& dataplane) {
      dataplane.add_route(network, prefix, port);
      return undefined();
    });
  }

  Napi::Value RemoveRoute(const Napi::CallbackInfo& info) {
    const auto prefix = guarded(info.Env(), [&] { return parse_prefix(as_text(info[1])); });
    return run(info.Env(),
               [network = info[0].As<Napi::Number>().Uint32Value(), prefix](Dataplane& dataplane) {
                 dataplane.remove_route(network, prefix);
                 return undefined();
               });
  }

  Napi::Value PortStatistics(const Napi::CallbackInfo& info) {
    return to_js(info.Env(), dataplane_->statistics(port_of(info[0])));
  }

  static std::uint16_t port_of(const Napi::Value& value) {
    return static_cast<std::uint16_t>(value.As<Napi::Number>().Uint32Value());
  }

  Napi::ObjectReference
      counters_;  // declared first: the dataplane's threads write there to the end
  std::shared_ptr<Dataplane> dataplane_;
};

Napi::Object CounterLayout(Napi::Env env) {
  Napi::Object layout = Napi::Object::New(env);
  layout.Set("slots", kCounterSlots);
  layout.Set("maxPorts", kMaxPorts);
  layout.Set("maxWorkers", kMaxWorkers);
  layout.Set("firstDrop", static_cast<std::uint32_t>(kFirstDrop));
  layout.Set("port", texts(env, kPortCounterNames));
  layout.Set("worker", texts(env, kWorkerCounterNames));
  layout.Set("dropReasons", texts(env, kDropReasonNames));
  return layout;
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  exports.Set("counterLayout", CounterLayout(env));
  exports.Set("probeHost", Napi::Function::New<ProbeHost>(env, "probeHost"));
  exports.Set("createVeth", Napi::Function::New<CreateVeth>(env, "createVeth"));
  exports.Set("configurePod", Napi::Function::New<ConfigurePod>(env, "configurePod"));
  exports.Set("describePod", Napi::Function::New<DescribePod>(env, "describePod"));
  exports.Set("deleteLink", Napi::Function::New<DeleteLink>(env, "deleteLink"));
  exports.Set("listLinks", Napi::Function::New<ListLinks>(env, "listLinks"));
  exports.Set("netdevFeatures", Napi::Function::New<NetdevFeatures>(env, "netdevFeatures"));
  DataplaneObject::Init(env, exports);
  return exports;
}

NODE_API_MODULE(millrace, Init)

}  // namespace
}  // namespace millrace
