// A whole new image in place of the old one.
#include <algorithm>

#include "link/mirror_state.hpp"

namespace millrace {

// Why a route that is the same as before is reported all the same.
struct MirrorState::Changes {
  bool everything = false;
  bool links = false;  // then the usable members of multipath routes may be others
  std::set<std::uint32_t> nexthops;

  bool concern(const RoutePath& path) const {
    return everything || (links && path.hops.size() > 1) ||
           (path.nexthop_id != 0 && nexthops.contains(path.nexthop_id));
  }
};

MirrorState::Changes MirrorState::changes_since(const MirrorImage& old, Report report) const {
  const auto same_state = [](const auto& one, const auto& two) {
    return one.first == two.first && one.second.admin_up == two.second.admin_up;
  };
  const Ids ids = old.nexthops.differences(image_.nexthops);
  return {report == Report::kEverything,
          !std::equal(old.links.begin(), old.links.end(), image_.links.begin(), image_.links.end(),
                      same_state),
          {ids.begin(), ids.end()}};
}

template <std::size_t kBytes>
void MirrorState::adopt_routes(const RouteStore<kBytes>& old, const RouteStore<kBytes>& now,
                               const Changes& changes) {
  constexpr std::uint32_t kNil = RouteStore<kBytes>::kNil;
  const auto same = [&](std::uint32_t before, std::uint32_t after) {
    return before != kNil && old[before].metric == now[after].metric &&
           old.path(before) == now.path(after);
  };
  now.for_each_best([&](std::uint32_t index) {
    if (changes.concern(now.path(index)) || !same(old.best(now.key(index)), index))
      report(now, index);
  });
  old.for_each_best([&](std::uint32_t index) {
    const RouteKey key = old.key(index);
    if (now.best(key) == kNil) report_removed(kBytes == 16, key);
  });
}

namespace {

template <typename Map, typename Tell>
void tell_new(const Map& old, const Map& now, bool everything, Tell tell) {
  for (const auto& [key, value] : now) {
    const auto before = old.find(key);
    if (everything || before == old.end() || before->second != value) tell(value);
  }
}

template <typename Map, typename Tell>
void tell_gone(const Map& old, const Map& now, Tell tell) {
  for (const auto& [key, value] : old)
    if (!now.contains(key)) tell(value);
}

}  // namespace

void MirrorState::adopt(MirrorImage&& fresh, Report report) {
  const MirrorImage old = std::exchange(image_, std::move(fresh));
  const Changes changes = changes_since(old, report);
  if (changes.everything) fdb_changes_ = {0};
  if (changes.everything) sink_.on_resync_begin();
  const bool all = changes.everything;
  tell_new(old.links, image_.links, all, [&](const auto& x) { sink_.on_link(x, false); });
  tell_new(old.addresses, image_.addresses, all,
           [&](const auto& x) { sink_.on_address(x, false); });
  tell_new(old.neighbours, image_.neighbours, all,
           [&](const auto& x) { sink_.on_neighbour(x, false); });
  adopt_routes(old.routes4, image_.routes4, changes);
  adopt_routes(old.routes6, image_.routes6, changes);
  tell_gone(old.neighbours, image_.neighbours, [&](const auto& x) { sink_.on_neighbour(x, true); });
  tell_gone(old.addresses, image_.addresses, [&](const auto& x) { sink_.on_address(x, true); });
  tell_gone(old.links, image_.links, [&](const auto& x) { sink_.on_link(x, true); });
  if (changes.everything) sink_.on_resync_end();
}

}  // namespace millrace
