#include "engine/quiescence.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <thread>

namespace millrace {

namespace {

using namespace std::chrono_literals;

// synchronize() on another thread, and whether it has returned.
class Writer {
 public:
  explicit Writer(Quiescence& quiescence)
      : thread_([this, &quiescence] {
          quiescence.synchronize();
          done_ = true;
        }) {}
  ~Writer() { thread_.join(); }

  bool waits() const {
    std::this_thread::sleep_for(30ms);
    return !done_;
  }
  // Does it again and again, for the thread may begin to wait late.
  template <class Action>
  bool returns_after(Action action) const {
    for (int i = 0; i < 5000 && !done_; ++i) {
      action();
      std::this_thread::sleep_for(1ms);
    }
    return done_;
  }

 private:
  std::atomic<bool> done_{false};
  std::thread thread_;
};

TEST(QuiescenceTest, WaitsForNobodyWhoIsOffline) {
  Quiescence quiescence(3);
  quiescence.synchronize();
  quiescence.online(1);
  quiescence.offline(1);
  quiescence.synchronize();
}

TEST(QuiescenceTest, WaitsForAReaderUntilItPasses) {
  Quiescence quiescence(2);
  quiescence.online(1);
  const Writer writer(quiescence);
  EXPECT_TRUE(writer.waits());
  EXPECT_TRUE(writer.returns_after([&] { quiescence.pass(1); }));
}

TEST(QuiescenceTest, WaitsForAReaderUntilItIsOffline) {
  Quiescence quiescence(1);
  quiescence.online(0);
  const Writer writer(quiescence);
  EXPECT_TRUE(writer.waits());
  EXPECT_TRUE(writer.returns_after([&] { quiescence.offline(0); }));
}

TEST(QuiescenceTest, WaitsForEveryReader) {
  Quiescence quiescence(2);
  quiescence.online(0);
  quiescence.online(1);
  const Writer writer(quiescence);
  EXPECT_TRUE(writer.waits());
  quiescence.pass(0);
  EXPECT_TRUE(writer.waits());
  EXPECT_TRUE(writer.returns_after([&] {
    quiescence.pass(0);
    quiescence.pass(1);
  }));
}

TEST(QuiescenceTest, ANewWaitIsNotEndedByAnOldPass) {
  Quiescence quiescence(1);
  quiescence.online(0);
  quiescence.pass(0);
  quiescence.pass(0);
  const Writer writer(quiescence);
  EXPECT_TRUE(writer.waits());
  EXPECT_TRUE(writer.returns_after([&] { quiescence.pass(0); }));
}

// An object is dead only after synchronize(); no reader may ever see a dead one. The memory itself
// is never given back, so that the test does not depend on luck with the allocator.
TEST(QuiescenceTest, NoReaderSeesWhatIsFreedWhileItComesAndGoes) {
  constexpr std::uint32_t kReaders = 3;
  constexpr int kChanges = 3000;
  Quiescence quiescence(kReaders);
  std::array<std::atomic<bool>, 4> alive{};
  std::atomic<std::uint32_t> current{0};
  alive[0] = true;
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> dead{0};
  std::vector<std::thread> readers;
  for (std::uint32_t reader = 0; reader < kReaders; ++reader)
    readers.emplace_back([&, reader] {
      quiescence.online(reader);
      for (std::uint32_t round = 1; !stop; ++round) {
        const std::uint32_t object = current.load(std::memory_order_acquire);
        for (int look = 0; look < 20; ++look)
          dead += !alive[object].load(std::memory_order_relaxed);
        if (round % 7 != 0) {
          quiescence.pass(reader);
          continue;
        }
        quiescence.offline(reader);
        std::this_thread::yield();
        quiescence.online(reader);
      }
      quiescence.offline(reader);
    });
  for (std::uint32_t change = 1; change <= kChanges; ++change) {
    const std::uint32_t old = current;
    const std::uint32_t next = change % alive.size();
    alive[next] = true;
    current.store(next, std::memory_order_release);
    quiescence.synchronize();
    alive[old].store(false, std::memory_order_relaxed);
  }
  stop = true;
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(dead, 0u);
}

}  // namespace

}  // namespace millrace
