// millrace-gen: plays the frames of a pcap file over and over by one interface, at a rate and for a
// bounded time. Prints {"ready"} when the interface is open, and at the end what it has sent. Run
// it in the network namespace of the interface.
#include <cstdio>
#include <exception>

#include "../lib/options.hpp"
#include "../lib/process.hpp"
#include "player.hpp"
#include "stamp.h"

namespace gen {
volatile std::sig_atomic_t stopped = 0;
}  // namespace gen

namespace {

constexpr double kMaxSeconds = 86'400;
constexpr double kMaxRate = 1e9;

void check_stamp(const gen::Order& order) {
  if (order.stamp_at == 0) return;
  for (const gen::Template& one : order.templates) {
    if (one.head.size() < order.stamp_at + STAMP_BYTES)
      throw std::invalid_argument("--stamp " + std::to_string(order.stamp_at) + ": a frame of " +
                                  std::to_string(one.head.size()) + " bytes has no room for it");
  }
}

uint32_t time_mask(double every) {
  const auto n = static_cast<uint32_t>(every);
  if ((n & (n - 1)) != 0)
    throw std::invalid_argument("--time-every " + std::to_string(n) + ": expected a power of two");
  return n - 1;
}

/** True for the first word, false for the second. */
bool choose(const traffic::Options& options, const char* key, const char* yes, const char* no) {
  const std::string& word = options.text(key);
  if (word == yes || word == no) return word == yes;
  throw std::invalid_argument(std::string("--") + key + " " + word + ": expected " + yes + " or " +
                              no);
}

gen::Order parse(const traffic::Options& options) {
  gen::Order order{
      .ifname = options.text("ifname"),
      .templates = gen::read_templates(options.text("frames")),
      .stamp_at = static_cast<uint32_t>(options.number("stamp", 0, 4000)),
      .tag = static_cast<uint16_t>(options.number("tag", 0, 65535)),
      .time_mask = time_mask(options.number("time-every", 1, 1 << 20)),
      .rate = options.number("rate", 0, kMaxRate),
      .seconds = options.number("seconds", 0.001, kMaxSeconds),
      .frames = static_cast<uint64_t>(options.number("count", 0, 1e15)),
      .batch = static_cast<uint32_t>(options.number("batch", 1, 256)),
      .sleeps = choose(options, "idle", "sleep", "spin"),
  };
  if (order.sleeps && options.text("source") != "skb")
    throw std::invalid_argument("--idle sleep: only with --source skb");
  check_stamp(order);
  return order;
}

gen::Sent play(const std::string& source, const gen::Order& order) {
  if (source == "skb") return gen::play_skbs(order);
  if (source == "frame") return gen::play_live(order);
  throw std::invalid_argument("--source " + source + ": expected skb or frame");
}

void stop_on_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { gen::stopped = 1; };
  for (const int signal : {SIGINT, SIGTERM}) sigaction(signal, &action, nullptr);
}

}  // namespace

int main(int argc, char** argv) try {
  traffic::die_with_parent();
  stop_on_signals();
  const traffic::Options options(argc, argv,
                                 {{"source", ""},
                                  {"ifname", ""},
                                  {"frames", ""},
                                  {"stamp", "0"},
                                  {"tag", "0"},
                                  {"time-every", "1"},
                                  {"rate", "0"},
                                  {"seconds", "1"},
                                  {"count", "0"},
                                  {"batch", "64"},
                                  {"idle", "spin"},
                                  {"cpu", "0"}});
  traffic::pin_to_cpu(static_cast<int>(options.number("cpu", 0, CPU_SETSIZE - 1)));
  const gen::Sent sent = play(options.text("source"), parse(options));
  std::printf(
      "{\"sent\": %llu, \"bytes\": %llu, \"started\": %.9f, \"seconds\": %.9f, \"idle\": %.6f, "
      "\"mode\": \"%s\"}\n",
      static_cast<unsigned long long>(sent.frames), static_cast<unsigned long long>(sent.bytes),
      sent.started, sent.seconds, sent.idle, sent.mode);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "millrace-gen: %s\n", error.what());
  return 1;
}
