// The FDB of a bridged network with 4096 learned addresses.
#include "tables/fdb.hpp"

#include "native/case.hpp"

namespace millrace::bench {

namespace {

constexpr std::uint32_t kStations = 4096, kCapacity = 8192, kPorts = 16;
constexpr std::uint64_t kSeed = 1;

Fdb::Key station(std::uint32_t n) {
  const std::uint8_t mac[6] = {2,
                               0,
                               static_cast<std::uint8_t>(n >> 16),
                               0,
                               static_cast<std::uint8_t>(n >> 8),
                               static_cast<std::uint8_t>(n)};
  return Fdb::key_of(0, mac);
}
std::vector<Fdb::Key> stations(std::uint32_t count) {
  std::vector<Fdb::Key> keys;
  for (std::uint32_t n = 0; n < count; ++n) keys.push_back(station(n));
  return keys;
}
std::uint16_t port_of(std::uint32_t n) {
  return static_cast<std::uint16_t>(n % kPorts);
}

struct Table {
  Table() {
    for (std::uint32_t n = 0; n < kStations; ++n) fdb.learn(keys[n], port_of(n), 0);
    require(fdb.size() == kStations, "not every address was learned");
  }
  // Which stations this call is about.
  std::uint32_t turn() {
    next = (next + kOperations) % kStations;
    return next;
  }
  // Made in advance: a key that is put together byte by byte costs more than the lookup.
  const std::vector<Fdb::Key> keys = stations(2 * kStations);
  Fdb fdb{kCapacity, kSeed};
  std::uint32_t next = 0;
};

// first: kStations for addresses that are not in the table.
struct Lookup : Table {
  explicit Lookup(std::uint32_t first_station) : first(first_station) {
    const std::uint16_t expected = first == 0 ? port_of(0) : kNoPort;
    require(fdb.lookup(keys[first]) == expected, "the lookup is wrong");
  }
  void run() {
    const std::uint32_t begin = first + turn();
    for (std::uint32_t n = begin; n < begin + kOperations; ++n) use(fdb.lookup(keys[n]));
  }
  const std::uint32_t first;
};

// Frames of known senders; a new second has each entry written once.
struct Learn : Table {
  explicit Learn(bool is_new_second) : step(is_new_second ? 1 : 0) {}
  void run() {
    const std::uint32_t begin = turn();
    now += step;
    for (std::uint32_t n = begin; n < begin + kOperations; ++n)
      use(fdb.learn(keys[n], port_of(n), now).outcome);
  }
  const std::uint32_t step;
  std::uint32_t now = 0;
};

// A storm of senders: each is learned, and all are forgotten again.
struct LearnNew {
  void run() {
    for (std::uint32_t n = 0; n < kStations; ++n) use(fdb.learn(keys[n], port_of(n), 0).outcome);
    require(fdb.flush_learned() == kStations, "not every address was learned");
  }
  const std::vector<Fdb::Key> keys = stations(kStations);
  Fdb fdb{kCapacity, kSeed};
};

}  // namespace

std::vector<Case> fdb_cases() {
  return {{"native-fdb-lookup-hit", kOperations, prepare<Lookup>(0u)},
          {"native-fdb-lookup-miss", kOperations, prepare<Lookup>(kStations)},
          {"native-fdb-learn-known", kOperations, prepare<Learn>(false)},
          {"native-fdb-learn-refresh", kOperations, prepare<Learn>(true)},
          {"native-fdb-learn-new", kStations, prepare<LearnNew>()}};
}

}  // namespace millrace::bench
