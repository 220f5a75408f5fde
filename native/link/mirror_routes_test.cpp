// The compact store against a plain one, and the kernel's rules for a single change.
#include "link/mirror_routes.hpp"

#include <gtest/gtest.h>
#include <linux/netlink.h>

#include <map>
#include <random>
#include <set>

#include "link/mirror_image.hpp"

namespace millrace {

namespace {

RoutePath path_via(std::uint8_t last, bool gateway = true) {
  RoutePath path;
  path.hops = {{.ifindex = last, .has_gateway = gateway, .gateway = {10, 0, 0, last}}};
  return path;
}

RouteKey key_of(std::uint32_t number) {
  RouteKey key{{}, 100 + number % 3, 24};
  key.prefix[1] = static_cast<std::uint8_t>(number >> 8);
  key.prefix[2] = static_cast<std::uint8_t>(number);
  return key;
}

template <std::size_t kBytes>
void behaves_like_a_map() {
  RouteStore<kBytes> store;
  std::map<std::uint32_t, std::map<std::uint32_t, std::uint8_t>> plain;  // number, metric: path
  std::mt19937 random(7);
  for (int round = 0; round < 60000; ++round) {
    const std::uint32_t number = random() % 3000, metric = random() % 3;
    const auto hop = static_cast<std::uint8_t>(random() % 20);
    const RouteKey key = key_of(number);
    std::uint32_t found = store.best(key);
    while (found != store.kNil && store[found].metric != metric) found = store.next(found);
    const bool known = plain[number].contains(metric);
    ASSERT_EQ(found != store.kNil, known);
    if (!known) {
      store.insert(key, metric, path_via(hop), RouteStore<kBytes>::Place::kAfterEqual);
      plain[number][metric] = hop;
    } else if (random() % 3 == 0) {
      store.replace(found, path_via(hop));
      plain[number][metric] = hop;
    } else {
      store.erase(found);
      plain[number].erase(metric);
    }
  }
  std::size_t routes = 0;
  for (const auto& [number, metrics] : plain) {
    std::uint32_t i = store.best(key_of(number));
    for (const auto& [metric, hop] : metrics) {  // in order of preference
      ASSERT_NE(i, store.kNil);
      EXPECT_EQ(store[i].metric, metric);
      EXPECT_EQ(store.path(i), path_via(hop));
      i = store.next(i);
      ++routes;
    }
    EXPECT_EQ(i, store.kNil);
  }
  EXPECT_EQ(store.size(), routes);
  std::size_t on_paths = 0;
  for (std::uint32_t path = 0; path < store.paths().end(); ++path)
    if (store.paths().used(path))
      for (std::uint32_t i = store.first_on(path); i != store.kNil; i = store[i].path_next)
        ++on_paths;
  EXPECT_EQ(on_paths, routes);
}

TEST(MirrorRoutesTest, BehavesLikeAMapOfIp4Routes) {
  behaves_like_a_map<4>();
}
TEST(MirrorRoutesTest, BehavesLikeAMapOfIp6Routes) {
  behaves_like_a_map<16>();
}

TEST(MirrorRoutesTest, TakesLittleMemory) {
  EXPECT_EQ(sizeof(RouteStore<4>::Route), 32u);
  EXPECT_EQ(sizeof(RouteStore<16>::Route), 44u);
}

RouteMessage message(bool ip6, std::uint8_t hop, std::uint16_t flags, bool gateway = true) {
  return {ip6, key_of(1), 5, path_via(hop, gateway), flags};
}

template <std::size_t kBytes>
std::vector<int> interfaces(const RouteStore<kBytes>& store) {
  std::vector<int> result;
  for (std::uint32_t i = store.best(key_of(1)); i != store.kNil; i = store.next(i))
    for (const KernelNextHop& hop : store.path(i).hops) result.push_back(hop.ifindex);
  return result;
}

// A dump has the last of several states already when the events of all of them are applied.
TEST(MirrorRoutesTest, ForgetsReplacedRoutesOfEventsOlderThanTheDump) {
  RouteStore<4> store;
  load_route(store, message(false, 3, 0));
  add_route(store, message(false, 1, NLM_F_CREATE));
  add_route(store, message(false, 2, NLM_F_CREATE | NLM_F_REPLACE));
  add_route(store, message(false, 3, NLM_F_CREATE | NLM_F_REPLACE));
  EXPECT_EQ(interfaces(store), (std::vector{3}));
  RouteStore<16> store6;
  load_route(store6, message(true, 3, 0));
  add_route(store6, message(true, 1, NLM_F_CREATE));
  add_route(store6, message(true, 3, NLM_F_CREATE | NLM_F_REPLACE));
  EXPECT_EQ(interfaces(store6), (std::vector{3}));
}

TEST(MirrorRoutesTest, KeepsIp6RoutesOfSeveralLinksWithoutGatewayApart) {
  RouteStore<16> store;
  add_route(store, message(true, 1, NLM_F_CREATE, false));
  add_route(store, message(true, 2, NLM_F_CREATE, false));
  add_route(store, message(true, 3, NLM_F_CREATE));
  EXPECT_EQ(interfaces(store), (std::vector{1, 2, 3}));
  EXPECT_TRUE(remove_route(store, message(true, 1, 0, false)));
  EXPECT_EQ(interfaces(store), (std::vector{2, 3}));
  EXPECT_FALSE(remove_route(store, message(true, 9, 0, false))) << "another one is there";
}

}  // namespace

}  // namespace millrace
