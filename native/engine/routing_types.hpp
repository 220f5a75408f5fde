#pragma once
// What callers say and are told about routes and neighbours: the C++ side of RouteChange,
// RouteQuery, RouteInfo, NeighbourChange and NeighbourInfo in src/dataplane/native/tables.ts.
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/routing_prefix.hpp"
#include "tables/next_hops.hpp"

namespace millrace {

enum class ChangeOp : std::uint8_t { kAdd, kReplace, kDelete };

enum class RouteType : std::uint8_t {
  kUnicast,
  kBlackhole,
  kUnreachable,
  kProhibit,
  kLeak,
  kLocal,
  kConnected
};

// In order of precedence: of two routes with the same prefix the later source decides.
// Who says that an address is one of the node's own.
enum class LocalOwner : std::uint8_t { kGateway, kLink, kVtep };

enum class RouteSource : std::uint8_t { kNeighbour, kKernel, kStatic, kPod, kLocal };

struct RouteChange {
  ChangeOp op = ChangeOp::kAdd;
  Prefix prefix{};
  RouteType type = RouteType::kUnicast;
  std::vector<NextHop> next_hops{};  // kUnicast only
  std::uint32_t leak_to = 0;         // kLeak only
  bool counted = false;
  RouteSource source = RouteSource::kStatic;  // kPod or kStatic
};

struct RouteQuery {
  std::uint32_t family = 0;  // 4, 6, or 0 for both
  std::optional<Prefix> within{};
  std::optional<IpAddress> match{};
  std::optional<RouteSource> source{};
  std::size_t limit = SIZE_MAX;
};

struct NextHopInfo {
  NextHop hop{};
  std::optional<Mac> mac{};  // of an address, or of the pod
  bool resolved = false;
};

struct RouteInfo {
  Prefix prefix{};
  RouteType type = RouteType::kUnicast;
  RouteSource source = RouteSource::kStatic;
  std::vector<NextHopInfo> next_hops{};
  std::uint32_t leak_to = 0;
  bool counted = false;
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
};

struct RouteList {
  std::vector<RouteInfo> routes{};
  std::size_t total = 0;  // that answer the query; routes are the first of them
};

struct NeighbourChange {
  ChangeOp op = ChangeOp::kAdd;
  std::uint16_t port = 0;
  IpAddress address{};
  Mac mac{};
};

enum class NeighbourSource : std::uint8_t { kKernel, kStatic, kNone };

struct NeighbourInfo {
  std::uint16_t port = 0;
  IpAddress address{};
  std::optional<Mac> mac{};
  NeighbourSource source = NeighbourSource::kNone;
  bool used = false;
};

// The tag of a route in the LPM table: who made it, and in which resync of the kernel's routes it
// was last seen.
struct RouteTag {
  RouteSource source = RouteSource::kNeighbour;
  std::uint8_t generation = 0;

  static RouteTag of(std::uint32_t tag) {
    return {static_cast<RouteSource>(tag & 0xff), static_cast<std::uint8_t>(tag >> 8)};
  }
  std::uint32_t word() const {
    return static_cast<std::uint32_t>(source) | std::uint32_t{generation} << 8;
  }
};

}  // namespace millrace
