// Readers during changes: what covers an address is always seen, and memory in use is not reused.
#include <algorithm>
#include <atomic>
#include <thread>

#include "tables/lpm_reference.hpp"

namespace millrace {

namespace {

constexpr std::uint32_t kCover = 1;
constexpr std::uint32_t kChanging = 2;
constexpr std::uint32_t kSteady = 3;

// Looks up all addresses again and again; `passes` counts quiescent states.
class Reader {
 public:
  Reader(const Lpm& table, std::uint32_t bytes, const std::vector<LpmAddress>& addresses)
      : table_(table), bytes_(bytes) {
    for (const auto& address : addresses) {
      ip4_.push_back(load_be32(address.data()));
      ip6_.push_back(Ip6{address});
    }
    thread_ = std::thread([this] { run(); });
  }
  void stop() {
    stop_.store(true);
    thread_.join();
  }
  // Afterwards no lookup is under way that began before.
  void await_quiescence() const {
    const std::uint64_t seen = passes_.load();
    while (passes_.load() < seen + 2) std::this_thread::yield();
  }
  std::uint64_t wrong() const { return wrong_; }
  std::uint64_t passes() const { return passes_.load(); }

 private:
  void run() {
    std::array<std::uint32_t, Lpm::kMaxBurst> values;
    const auto count = static_cast<std::uint32_t>(ip4_.size());
    while (!stop_.load()) {
      if (bytes_ == 4)
        table_.lookup_burst(ip4_.data(), values.data(), count);
      else
        table_.lookup_burst(ip6_.data(), values.data(), count);
      // The last address has a route of its own, which stays.
      for (std::uint32_t i = 0; i + 1 < count; ++i)
        wrong_ += values[i] != kCover && values[i] != kChanging;
      wrong_ += values[count - 1] != kSteady;
      passes_.fetch_add(1);
    }
  }

  const Lpm& table_;
  const std::uint32_t bytes_;
  std::vector<Ip4> ip4_;
  std::vector<Ip6> ip6_;
  std::atomic<bool> stop_{false};
  std::atomic<std::uint64_t> passes_{0};
  std::uint64_t wrong_ = 0;
  std::thread thread_;
};

class LpmConcurrentTest : public ::testing::TestWithParam<std::uint32_t> {};

TEST_P(LpmConcurrentTest, NeverHidesACoveringRouteWhileRoutesInsideItComeAndGo) {
  const std::uint32_t bytes = GetParam();
  LpmRandom random(lpm_test_seed(), bytes);
  Lpm table(bytes);
  const LpmPrefix cover{{10, 1}, 16};
  table.insert(cover.address.data(), cover.length, kCover);
  std::vector<LpmAddress> addresses;
  // Close together, so that routes share nodes.
  for (std::uint32_t i = 0; i < 32; ++i)
    addresses.push_back(random.inside({{10, 1, 2}, i < 16 ? 22u : 28u}));
  const LpmAddress steady{10, 1, 2, 255};
  std::erase(addresses, steady);
  addresses.push_back(steady);
  table.insert(steady.data(), bytes * 8, kSteady);

  Reader first(table, bytes, addresses), second(table, bytes, addresses);
  std::vector<LpmPrefix> inserted;
  for (int round = 0; round < 60; ++round) {
    for (int i = 0; i < 40; ++i) {
      const LpmAddress& address =
          addresses[random.below(static_cast<std::uint32_t>(addresses.size()))];
      const std::uint32_t length = 17 + random.below(bytes * 8 - 17);
      inserted.push_back({without_host_bits(address, length), length});
      table.insert(inserted.back().address.data(), length, kChanging);
    }
    first.await_quiescence();
    second.await_quiescence();
    table.reclaim();
    while (!inserted.empty()) {
      table.erase(inserted.back().address.data(), inserted.back().length);
      inserted.pop_back();
    }
    if (round % 2 == 0) continue;
    first.await_quiescence();
    second.await_quiescence();
    table.reclaim();
  }
  first.stop();
  second.stop();
  EXPECT_EQ(first.wrong() + second.wrong(), 0u) << "of " << first.passes() + second.passes();
}

INSTANTIATE_TEST_SUITE_P(BothFamilies, LpmConcurrentTest, ::testing::Values(4u, 16u),
                         [](const auto& family) {
                           return family.param == 4 ? std::string("Ip4") : std::string("Ip6");
                         });

}  // namespace

}  // namespace millrace
