#include "forwarder.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <ctime>

namespace impair {

volatile std::sig_atomic_t stop_requested = 0;

namespace {

constexpr std::uint32_t kFrames = 32768;
constexpr std::size_t kBatch = 64;
// Each frame may leave twice.
constexpr std::size_t kSendBatch = 2 * kBatch;
constexpr std::uint64_t kMillisecond = 1'000'000;
// Long enough that traffic which is merely slow does not find us asleep.
constexpr std::uint64_t kSleepAfter = 200 * kMillisecond;
constexpr std::uint64_t kReleaseAfter = 30 * kMillisecond;
constexpr int kNap = 100;

std::uint64_t now_ns() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(time.tv_nsec);
}

}  // namespace

Forwarder::Forwarder(const Faults& faults, const std::string& in, const std::string& out)
    : frames_(kFrames), wires_(frames_, in, out), impairment_(faults, frames_) {}

void Forwarder::run() {
  std::printf("{\"ready\": true}\n");
  std::fflush(stdout);
  while (!ended_ && stop_requested == 0) {
    const std::uint64_t now = now_ns();
    move(now);
    if (now - looked_ >= kMillisecond) look_up(now);
  }
  print();
}

void Forwarder::move(std::uint64_t now) {
  std::array<Frame, kBatch> burst;
  const std::size_t count = wires_.receive(burst);
  if (count > 0) heard_ = now;
  for (std::size_t i = 0; i < count; ++i) impairment_.accept(burst[i]);
  for (std::size_t sent = 0; sent < kSendBatch; ++sent) {
    const Frame* frame = impairment_.due(now);
    if (frame == nullptr || !wires_.send(*frame)) break;
    impairment_.sent();
  }
  wires_.flush();
}

// What is too slow to be done in each round.
void Forwarder::look_up(std::uint64_t now) {
  if (now - heard_ > kReleaseAfter) impairment_.release_held(now);
  const bool busy = now - heard_ < kSleepAfter || impairment_.queued() > 0 || wires_.sending();
  wait(busy ? 0 : kNap);
  looked_ = now_ns();
}

void Forwarder::wait(int milliseconds) {
  std::array<pollfd, 2> files{{{STDIN_FILENO, POLLIN, 0}, {wires_.receive_fd(), POLLIN, 0}}};
  // Only a sleeper is to be woken by frames.
  const nfds_t count = milliseconds > 0 ? 2 : 1;
  if (::poll(files.data(), count, milliseconds) > 0 && files[0].revents != 0) answer();
}

void Forwarder::answer() {
  std::array<char, 256> text;
  const ssize_t size = ::read(STDIN_FILENO, text.data(), text.size());
  if (size <= 0) {
    ended_ = true;
    return;
  }
  input_.append(text.data(), static_cast<std::size_t>(size));
  for (std::size_t end; (end = input_.find('\n')) != std::string::npos; input_.erase(0, end + 1)) {
    print();
    if (input_.compare(0, end, "reset") != 0) continue;
    impairment_.counters = {};
    missed_before_ = wires_.missed();
  }
}

void Forwarder::print() {
  const Counters& seen = impairment_.counters;
  const auto number = [](const char* name, std::uint64_t value) {
    std::printf("\"%s\": %llu, ", name, static_cast<unsigned long long>(value));
  };
  std::printf("{");
  number("received", seen.received);
  number("forwarded", seen.forwarded);
  number("lost", seen.lost);
  number("duplicated", seen.duplicated);
  number("reordered", seen.reordered);
  number("delayed", seen.delayed);
  number("overflow", seen.overflow);
  number("missed", seen.missed + wires_.missed() - missed_before_);
  number("queued", impairment_.queued());
  std::printf("\"first\": %.9f, \"last\": %.9f}\n", static_cast<double>(seen.first) / 1e9,
              static_cast<double>(seen.last) / 1e9);
  std::fflush(stdout);
}

}  // namespace impair
