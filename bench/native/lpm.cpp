// Longest-prefix match in bursts of 64, and routes taken out and put back, over the synthetic
// Internet tables of bench/lpm. A miss is an address without any route; there is no default route.
#include "tables/lpm.hpp"

#include <array>

#include "lpm/address.hpp"
#include "native/case.hpp"

namespace millrace::bench {

namespace {

template <class Address>
struct Routes {
  explicit Routes(std::uint32_t count) : routes(table_make(count, sizeof(Address) == 16)) {
    for (std::uint32_t i = 0; i < routes.count; ++i) {
      insert(routes.routes[i]);
      lpm.reclaim();
    }
  }
  ~Routes() { std::free(routes.routes); }
  Routes(const Routes&) = delete;
  Routes& operator=(const Routes&) = delete;

  void insert(const table_prefix& route) {
    std::array<std::uint8_t, 16> bytes;
    table_address(&route, bytes.data());
    lpm.insert(bytes.data(), route.length, route.hop);
  }
  bool erase(const table_prefix& route) {
    std::array<std::uint8_t, 16> bytes;
    table_address(&route, bytes.data());
    return lpm.erase(bytes.data(), route.length);
  }
  // The synthetic tables have nothing in 10.0.0.0/8 and outside 2000::/3.
  table_prefix key(bool hit) {
    if (hit) return table_key(&routes);
    return {std::uint64_t{10} << 56 | table_random(&routes) >> 8, 0, 0, 0};
  }

  table routes;
  Lpm lpm{sizeof(Address)};
};

template <class Address>
struct Lookup : Routes<Address> {
  Lookup(std::uint32_t count, bool hit) : Routes<Address>(count) {
    const std::uint32_t wanted = count > kSmall ? kManyKeys : kFewKeys;
    for (std::uint32_t i = 0; i < wanted; ++i)
      keys.push_back(address_of(this->key(hit), Address{}));
    for (const Address& address : keys)
      require((this->lpm.lookup(address) != Lpm::kNone) == hit, "the lookup is wrong");
  }
  void run() {
    std::array<std::uint32_t, kOperations> values;
    this->lpm.lookup_burst(&keys[next], values.data(), kOperations);
    use(values);
    next = (next + kOperations) % keys.size();
  }

  static constexpr std::uint32_t kSmall = 1000;
  // Many: neither the keys nor what they lead to stays in a cache.
  static constexpr std::uint32_t kFewKeys = 4096, kManyKeys = 1u << 20;
  std::vector<Address> keys;
  std::size_t next = 0;
};

// A route out and back in, then a quiescent state of the readers.
template <class Address>
struct Update : Routes<Address> {
  using Routes<Address>::Routes;
  void run() {
    const table_prefix& route = this->routes.routes[table_below(&this->routes, this->routes.count)];
    require(this->erase(route), "the route is gone");
    this->insert(route);
    this->lpm.reclaim();
  }
};

}  // namespace

std::vector<Case> lpm_cases() {
  constexpr std::uint32_t kFew = 1000, kFull4 = 1'000'000, kFull6 = 200'000;
  constexpr bool kTooLarge = false;
  return {{"native-lpm4-1k-hit", kOperations, prepare<Lookup<Ip4>>(kFew, true)},
          {"native-lpm4-1k-miss", kOperations, prepare<Lookup<Ip4>>(kFew, false)},
          {"native-lpm4-1M-hit", kOperations, prepare<Lookup<Ip4>>(kFull4, true), kTooLarge},
          {"native-lpm4-1M-miss", kOperations, prepare<Lookup<Ip4>>(kFull4, false), kTooLarge},
          {"native-lpm6-1k-hit", kOperations, prepare<Lookup<Ip6>>(kFew, true)},
          {"native-lpm6-200k-hit", kOperations, prepare<Lookup<Ip6>>(kFull6, true), kTooLarge},
          {"native-lpm4-1k-update", 1, prepare<Update<Ip4>>(kFew)},
          {"native-lpm4-1M-update", 1, prepare<Update<Ip4>>(kFull4), kTooLarge}};
}

}  // namespace millrace::bench
