#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <net/if.h>
#include <sys/mman.h>
#include <sys/time.h>

#include <algorithm>
#include <ctime>
#include <memory>

#include "../lib/process.hpp"
#include "live.h"
#include "live.skel.h"
#include "player.hpp"

namespace gen {
namespace {

constexpr uint32_t kForever = 2'000'000'000;

struct Destroy {
  void operator()(live* skeleton) const { live__destroy(skeleton); }
};
using Skeleton = std::unique_ptr<live, Destroy>;

volatile std::sig_atomic_t expired = 0;

/** SIGALRM ends the test run; it repeats in case the first one lands between two calls. */
void arm_timer(double seconds) {
  struct sigaction action {};
  action.sa_handler = [](int) { expired = 1; };
  sigaction(SIGALRM, &action, nullptr);
  itimerval timer{};
  timer.it_value.tv_sec = static_cast<time_t>(seconds);
  timer.it_value.tv_usec =
      static_cast<suseconds_t>((seconds - static_cast<double>(timer.it_value.tv_sec)) * 1e6) + 1;
  timer.it_interval.tv_usec = 10'000;
  setitimer(ITIMER_REAL, &timer, nullptr);
}

uint64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

/** One head length for all, and a short one: the program knows it when it is loaded. */
bool are_short(const std::vector<Template>& templates) {
  const size_t head = templates[0].head.size();
  return head <= SHORT_HEAD && head % 2 == 0 &&
         std::ranges::all_of(templates,
                             [&](const Template& one) { return one.head.size() == head; });
}

class Player {
 public:
  explicit Player(const Order& order) : order_(order), short_(are_short(order.templates)) {
    skeleton_.reset(live__open());
    if (!skeleton_) traffic::fail("open the frame source", errno);
    configure();
    const int loaded = live__load(skeleton_.get());
    if (loaded != 0) traffic::fail("load the frame source", -loaded);
    if (short_)
      write_templates<short_template>(skeleton_->maps.short_templates);
    else
      write_templates<long_template>(skeleton_->maps.long_templates);
    aim();
  }

  Sent play() {
    std::vector<uint8_t> page(longest_frame(order_.templates));
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = page.data(),
                .data_size_in = static_cast<uint32_t>(page.size()), .repeat = repeat(),
                .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = order_.batch);
    auto* program = short_ ? skeleton_->progs.play_short : skeleton_->progs.play_long;
    arm_timer(order_.seconds);
    while (expired == 0 && stopped == 0 && !finished()) {
      const int ran = bpf_prog_test_run_opts(bpf_program__fd(program), &options);
      if (ran != 0 && ran != -EINTR) traffic::fail("send live frames", -ran);
    }
    return report(static_cast<double>(end() - skeleton_->bss->pace.start) / 1e9);
  }

 private:
  void configure() {
    bpf_program__set_autoload(skeleton_->progs.play_short, short_);
    bpf_program__set_autoload(skeleton_->progs.play_long, !short_);
    bpf_map__set_autocreate(skeleton_->maps.short_templates, short_);
    bpf_map__set_autocreate(skeleton_->maps.long_templates, !short_);
    const auto count = static_cast<uint32_t>(order_.templates.size());
    auto* map = short_ ? skeleton_->maps.short_templates : skeleton_->maps.long_templates;
    if (bpf_map__set_max_entries(map, count) != 0) traffic::fail("size the templates", errno);
    auto& data = *skeleton_->rodata;
    data.template_count = count;
    data.frame_bytes = longest_frame(order_.templates);
    data.head_bytes = longest_head(order_.templates);
    data.stamp_at = order_.stamp_at;
    data.tag = order_.tag;
    data.time_mask = order_.time_mask;
    data.limit = order_.frames;
    if (order_.rate > 0)
      skeleton_->bss->pace.interval = static_cast<uint64_t>(65536e9 / order_.rate);
  }

  template <class Entry>
  void write_templates(bpf_map* map) const {
    for (uint32_t key = 0; key < order_.templates.size(); key++) {
      const Template& from = order_.templates[key];
      Entry entry{};
      if (from.head.size() > sizeof entry.bytes)
        throw std::invalid_argument("frame " + std::to_string(key + 1) + ": " +
                                    std::to_string(from.head.size()) + " bytes, live frames hold " +
                                    std::to_string(sizeof entry.bytes));
      entry.length = from.length;
      entry.head = static_cast<uint32_t>(from.head.size());
      std::ranges::copy(from.head, entry.bytes);
      if (bpf_map_update_elem(bpf_map__fd(map), &key, &entry, BPF_ANY) != 0)
        traffic::fail("store a template", errno);
    }
  }

  void aim() const {
    const unsigned index = if_nametoindex(order_.ifname.c_str());
    if (index == 0) traffic::fail("interface " + order_.ifname, errno);
    const uint32_t key = 0;
    if (bpf_map_update_elem(bpf_map__fd(skeleton_->maps.out), &key, &index, BPF_ANY) != 0)
      traffic::fail("redirect into " + order_.ifname, errno);
  }

  int repeat() const {
    const bool exact = order_.frames > 0 && order_.rate == 0 && order_.frames < kForever;
    return static_cast<int>(exact ? order_.frames : kForever);
  }
  /** The kernel takes tens of milliseconds to end a test run, in which nothing is sent. */
  uint64_t end() const {
    const bool burst = order_.frames > 0 && order_.rate == 0;
    return burst ? now_ns() : skeleton_->bss->pace.last;
  }
  bool finished() const { return order_.frames > 0 && skeleton_->bss->sent >= order_.frames; }

  Sent report(double seconds) const {
    return {.frames = skeleton_->bss->sent,
            .bytes = skeleton_->bss->sent_bytes,
            .started = static_cast<double>(skeleton_->bss->pace.start) / 1e9,
            .seconds = seconds,
            .idle = static_cast<double>(skeleton_->bss->pace.idle) / 1e9,
            .mode = "live-frames"};
  }

  const Order& order_;
  const bool short_;
  Skeleton skeleton_;
};

}  // namespace

Sent play_live(const Order& order) {
  return Player(order).play();
}

}  // namespace gen
