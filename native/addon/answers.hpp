#pragma once
// What the dataplane tells, for JavaScript.
#include "addon/convert.hpp"
#include "engine/dataplane.hpp"

namespace millrace::addon {

Napi::Value to_js(Napi::Env env, const PortInfo& info);
Napi::Value to_js(Napi::Env env, const std::optional<xdp_statistics>& statistics);
Napi::Value to_js(Napi::Env env, const std::optional<TransmitInfo>& info);
Napi::Value to_js(Napi::Env env, const RouteList& list);
Napi::Value to_js(Napi::Env env, const NeighbourInfo& info);
Napi::Value to_js(Napi::Env env, const FdbInfo& info);
Napi::Value to_js(Napi::Env env, const VtepInfo& info);
Napi::Value to_js(Napi::Env env, const PeerInfo& info);
Napi::Value to_js(Napi::Env env, const MirrorStatus& status);
Napi::Value to_js(Napi::Env env, const TraceResult& result);
Napi::Value to_js(Napi::Env env, const DataplaneEvent& event);

}  // namespace millrace::addon
