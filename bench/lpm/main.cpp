// Millrace's side of the LPM benchmark: loads the synthetic table, then measures once per line of
// standard input. Prints one JSON object per line, the first one about the load.
//   millrace_lpm 4|6 routes keys seconds
#include <algorithm>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "address.hpp"
#include "tables/lpm.hpp"

namespace {

using namespace millrace;
using millrace::bench::address_of;

constexpr std::uint32_t kBurst = Lpm::kMaxBurst;
constexpr std::uint32_t kReclaimAfter = 64;  // changes between two quiescent states

double now() {
  const auto time = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(time).count();
}

void insert(Lpm& lpm, const table_prefix& route) {
  std::uint8_t bytes[16];
  table_address(&route, bytes);
  lpm.insert(bytes, route.length, route.hop);
}

double load(Lpm& lpm, const table& routes) {
  const double begin = now();
  for (std::uint32_t i = 0; i < routes.count; ++i) {
    insert(lpm, routes.routes[i]);
    if (i % kReclaimAfter == 0) lpm.reclaim();
  }
  lpm.reclaim();
  return now() - begin;
}

template <typename Address>
std::uint64_t lookup_all(const Lpm& lpm, const std::vector<Address>& keys) {
  std::array<std::uint32_t, kBurst> values;
  std::uint64_t sum = 0;
  for (std::size_t at = 0; at + kBurst <= keys.size(); at += kBurst) {
    lpm.lookup_burst(&keys[at], values.data(), kBurst);
    for (const std::uint32_t value : values) sum += value;
  }
  return sum;
}

struct Timing {
  double ns;
  std::uint64_t sum;
};

template <typename Address>
Timing time_lookups(const Lpm& lpm, const std::vector<Address>& keys, double seconds) {
  Timing timing{0, lookup_all(lpm, keys)};
  std::uint64_t lookups = 0;
  const double begin = now();
  while (now() - begin < seconds) {
    if (lookup_all(lpm, keys) != timing.sum) std::abort();
    lookups += keys.size() / kBurst * kBurst;
  }
  timing.ns = (now() - begin) * 1e9 / static_cast<double>(lookups);
  return timing;
}

// Takes random routes out and puts them back.
double updates_per_second(Lpm& lpm, table& routes, double seconds) {
  std::uint64_t updates = 0;
  const double begin = now();
  while (now() - begin < seconds) {
    for (std::uint32_t i = 0; i < kReclaimAfter / 2; ++i, updates += 2) {
      const table_prefix& route = routes.routes[table_below(&routes, routes.count)];
      std::uint8_t bytes[16];
      table_address(&route, bytes);
      if (!lpm.erase(bytes, route.length)) std::abort();
      insert(lpm, route);
    }
    lpm.reclaim();
  }
  return static_cast<double>(updates) / (now() - begin);
}

template <typename Address>
void measure(table& routes, std::uint32_t count, double seconds) {
  std::vector<Address> inside, uniform;
  for (std::uint32_t i = 0; i < count; ++i) {
    inside.push_back(address_of(table_key(&routes), Address{}));
    const std::uint64_t high = table_random(&routes);
    uniform.push_back(address_of({high, table_random(&routes), 0, 0}, Address{}));
  }
  Lpm lpm(sizeof(Address));
  const double load_seconds = load(lpm, routes);
  std::printf("{\"lookup\":\"lookup_burst\",\"load_s\":%.3f,\"bytes\":%zu}\n", load_seconds,
              lpm.memory_bytes());
  std::fflush(stdout);
  char line[16];
  while (std::fgets(line, sizeof(line), stdin) != nullptr) {
    const Timing here = time_lookups(lpm, inside, seconds);
    const Timing anywhere = time_lookups(lpm, uniform, seconds / 2);
    const double updates = updates_per_second(lpm, routes, seconds / 2);
    std::printf("{\"ns\":%.3f,\"uniform_ns\":%.3f,\"updates\":%.0f,\"sum\":%" PRIu64 "}\n", here.ns,
                anywhere.ns, updates, here.sum + anywhere.sum);
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int family = argc == 5 ? std::atoi(argv[1]) : 0;
  const int routes = argc == 5 ? std::atoi(argv[2]) : 0, keys = argc == 5 ? std::atoi(argv[3]) : 0;
  const double seconds = argc == 5 ? std::atof(argv[4]) : 0;
  if ((family != 4 && family != 6) || routes < 1 || keys < 64 || seconds <= 0) {
    std::fprintf(stderr, "usage: millrace_lpm 4|6 routes keys seconds\n");
    return 2;
  }
  table table = table_make(static_cast<std::uint32_t>(routes), family == 6);
  if (family == 4)
    measure<Ip4>(table, static_cast<std::uint32_t>(keys), seconds);
  else
    measure<Ip6>(table, static_cast<std::uint32_t>(keys), seconds);
  std::free(table.routes);
}
