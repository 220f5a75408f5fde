// millrace-impair: forwards frames from one interface to another, one way, with faults that are
// known to the frame: what a benchmark reports can be held against what was done. Prints
// {"ready": true}, then its counters for each line on standard input (after the line "reset" they
// start from zero again) and at its end: SIGTERM, or the end of standard input.
#include <csignal>
#include <cstdio>
#include <exception>

#include "../lib/options.hpp"
#include "../lib/process.hpp"
#include "forwarder.hpp"

namespace {

constexpr double kMostFrames = 1e9;
constexpr double kLongestDelay = 100'000;
constexpr double kLongestQueue = 8192;

impair::Faults parse(const traffic::Options& options) {
  const auto every = [&](const char* key) {
    return static_cast<std::uint64_t>(options.number(key, 0, kMostFrames));
  };
  return {
      .lose_every = every("lose-every"),
      .duplicate_every = every("duplicate-every"),
      .reorder_every = every("reorder-every"),
      .reorder_by = static_cast<std::uint64_t>(options.number("reorder-by", 1, 1000)),
      .delay = options.number("delay-us", 0, kLongestDelay) * 1000,
      .capacity = options.number("capacity", 0, kMostFrames),
      .queue = static_cast<std::uint32_t>(options.number("queue", 1, kLongestQueue)),
      .ttl = static_cast<std::uint8_t>(options.number("ttl", 0, 255)),
  };
}

/** Without SA_RESTART: it ends a wait for frames. */
void catch_sigterm() {
  struct sigaction action {};
  action.sa_handler = [](int) { impair::stop_requested = 1; };
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

int main(int argc, char** argv) try {
  traffic::die_with_parent();
  const traffic::Options options(argc, argv,
                                 {{"in", ""},
                                  {"out", ""},
                                  {"lose-every", "0"},
                                  {"duplicate-every", "0"},
                                  {"reorder-every", "0"},
                                  {"reorder-by", "1"},
                                  {"delay-us", "0"},
                                  {"capacity", "0"},
                                  {"queue", "256"},
                                  {"ttl", "0"},
                                  {"cpu", "1"}});
  traffic::pin_to_cpu(static_cast<int>(options.number("cpu", 0, CPU_SETSIZE - 1)));
  catch_sigterm();
  impair::Forwarder(parse(options), options.text("in"), options.text("out")).run();
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "millrace-impair: %s\n", error.what());
  return 1;
}
