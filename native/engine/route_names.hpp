#pragma once
// The names of RouteType and RouteSource in the API, in the order of the enumerations.
#include <array>
#include <string_view>

namespace millrace {

constexpr std::array<std::string_view, 7> kRouteTypeNames = {
    "unicast", "blackhole", "unreachable", "prohibit", "leak", "local", "connected"};
constexpr std::array<std::string_view, 5> kRouteSourceNames = {"neighbour", "kernel", "static",
                                                               "pod", "local"};

}  // namespace millrace
