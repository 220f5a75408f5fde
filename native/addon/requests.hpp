#pragma once
// What the dataplane is asked for, from JavaScript.
#include "addon/convert.hpp"
#include "engine/dataplane.hpp"

namespace millrace::addon {

WorkerOptions parse_worker(const Napi::Value& value);
NetworkRequest parse_network(const Napi::Object& object);
AddPortRequest parse_port(const Napi::Object& object);
RouteChange parse_route_change(const Napi::Value& value);
RouteQuery parse_route_query(const Napi::Object& object);
NeighbourChange parse_neighbour_change(const Napi::Value& value);
FdbChange parse_fdb_change(const Napi::Value& value);
VtepRequest parse_vtep(const Napi::Object& object);
PeerChange parse_peer_change(const Napi::Value& value);
VniRequest parse_vni(const Napi::Object& object);
HostChange parse_host_change(const Napi::Value& value);
TraceRequest parse_trace(const Napi::Object& object);

}  // namespace millrace::addon
