#include "addon/answers.hpp"

#include "engine/route_names.hpp"

namespace millrace::addon {

namespace {

double as_double(auto value) {
  return static_cast<double>(value);
}

std::string text_of(const std::optional<Mac>& mac) {
  return mac ? to_text(*mac) : "";
}

Napi::Value to_js(Napi::Env env, const NextHopInfo& info) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("port", info.hop.port);
  result.Set("address", info.hop.has_address ? to_text(info.hop.address) : "");
  result.Set("weight", info.hop.weight);
  result.Set("mac", text_of(info.mac));
  result.Set("resolved", boolean(env, info.resolved));
  return result;
}

Napi::Value to_js(Napi::Env env, const RouteInfo& info) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("prefix", to_text(info.prefix));
  result.Set("type", std::string(kRouteTypeNames[static_cast<std::size_t>(info.type)]));
  result.Set("source", std::string(kRouteSourceNames[static_cast<std::size_t>(info.source)]));
  result.Set("nextHops",
             array(env, info.next_hops, [&](const NextHopInfo& hop) { return to_js(env, hop); }));
  result.Set("leakTo", info.leak_to);
  result.Set("packets",
             info.counted ? Napi::Number::New(env, as_double(info.packets)) : env.Null());
  result.Set("bytes", info.counted ? Napi::Number::New(env, as_double(info.bytes)) : env.Null());
  return result;
}

Napi::Value to_js(Napi::Env env, const TraceStep& step) {
  Napi::Object facts = Napi::Object::New(env);
  for (const TraceFact& fact : step.facts) {
    if (const auto* number = std::get_if<std::uint32_t>(&fact.value))
      facts.Set(fact.name, *number);
    else
      facts.Set(fact.name, std::get<std::string>(fact.value));
  }
  Napi::Object result = Napi::Object::New(env);
  result.Set("node", step.node);
  result.Set("facts", facts);
  return result;
}

}  // namespace

Napi::Value to_js(Napi::Env env, const PortInfo& info) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("port", info.port);
  result.Set("ifindex", info.ifindex);
  result.Set("mode", name_of(info.mode));
  result.Set("txChecksum", info.tx_checksum == TxChecksum::kMetadata ? "metadata" : "software");
  result.Set("multiBuffer", boolean(env, info.multi_buffer));
  result.Set("queues", array(env, info.queues, [&](const PortInfo::Queue& queue) {
               Napi::Object entry = Napi::Object::New(env);
               entry.Set("queue", queue.queue);
               entry.Set("worker", queue.worker);
               return entry;
             }));
  result.Set("refused", texts(env, info.refused));
  return result;
}

Napi::Value to_js(Napi::Env env, const std::optional<TransmitInfo>& info) {
  if (!info) return env.Null();
  Napi::Object result = Napi::Object::New(env);
  result.Set("backend", info->backend);
  result.Set("refused", info->refused);
  return result;
}

Napi::Value to_js(Napi::Env env, const std::optional<xdp_statistics>& statistics) {
  if (!statistics) return env.Null();
  Napi::Object result = Napi::Object::New(env);
  result.Set("rx_dropped", as_double(statistics->rx_dropped));
  result.Set("rx_invalid_descs", as_double(statistics->rx_invalid_descs));
  result.Set("tx_invalid_descs", as_double(statistics->tx_invalid_descs));
  result.Set("rx_ring_full", as_double(statistics->rx_ring_full));
  result.Set("rx_fill_ring_empty_descs", as_double(statistics->rx_fill_ring_empty_descs));
  result.Set("tx_ring_empty_descs", as_double(statistics->tx_ring_empty_descs));
  return result;
}

Napi::Value to_js(Napi::Env env, const RouteList& list) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("routes",
             array(env, list.routes, [&](const RouteInfo& route) { return to_js(env, route); }));
  result.Set("total", as_double(list.total));
  return result;
}

Napi::Value to_js(Napi::Env env, const NeighbourInfo& info) {
  static constexpr const char* kSources[] = {"kernel", "static", "none"};
  Napi::Object result = Napi::Object::New(env);
  result.Set("port", info.port);
  result.Set("address", to_text(info.address));
  result.Set("mac", text_of(info.mac));
  result.Set("resolved", boolean(env, info.mac.has_value()));
  result.Set("source", kSources[static_cast<std::size_t>(info.source)]);
  result.Set("used", boolean(env, info.used));
  return result;
}

Napi::Value to_js(Napi::Env env, const FdbInfo& info) {
  Napi::Object result = Napi::Object::New(env);
  const Fdb::Entry& entry = info.entry;
  result.Set("mac", to_text(entry.mac));
  result.Set("vlan", entry.vlan);
  result.Set("port", entry.port);
  result.Set("peer", info.peer ? to_text(*info.peer) : "");
  result.Set("source", entry.own ? "pod" : entry.is_static ? "static" : "learned");
  result.Set("age", entry.age_seconds);
  return result;
}

Napi::Value to_js(Napi::Env env, const VtepInfo& info) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("vtep", info.id);
  result.Set("port", info.port);
  return result;
}

Napi::Value to_js(Napi::Env env, const PeerInfo& info) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("address", to_text(info.address));
  result.Set("mtu", info.mtu);
  return result;
}

Napi::Value to_js(Napi::Env env, const MirrorStatus& status) {
  Napi::Object result = Napi::Object::New(env);
  const MirrorStatistics& mirror = status.statistics;
  result.Set("running", boolean(env, status.running));
  result.Set("routes", as_double(mirror.routes));
  result.Set("neighbours", as_double(mirror.neighbours));
  result.Set("links", as_double(mirror.links));
  result.Set("messages", as_double(mirror.messages));
  result.Set("overruns", as_double(mirror.overruns));
  result.Set("resyncs", as_double(mirror.resyncs));
  result.Set("resyncMs", as_double(mirror.last_resync.count()) / 1000);
  Napi::Object skipped = Napi::Object::New(env);
  for (const auto& [reason, count] : status.skipped) skipped.Set(reason, as_double(count));
  result.Set("skipped", skipped);
  return result;
}

Napi::Value to_js(Napi::Env env, const TraceResult& result) {
  Napi::Object answer = Napi::Object::New(env);
  answer.Set("steps",
             array(env, result.steps, [&](const TraceStep& step) { return to_js(env, step); }));
  answer.Set("verdict", result.verdict);
  answer.Set("ports", array(env, result.ports,
                            [&](std::uint16_t port) { return Napi::Number::New(env, port); }));
  answer.Set("reason", result.reason);
  answer.Set("frame", result.frame);
  answer.Set("lane", result.lane);
  return answer;
}

Napi::Value to_js(Napi::Env env, const DataplaneEvent& event) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("event", event.name);
  for (const auto& [key, value] : event.numbers) result.Set(key, value);
  for (const auto& [key, value] : event.texts) result.Set(key, value);
  return result;
}

}  // namespace millrace::addon
