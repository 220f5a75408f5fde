#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/time.h>

#include <memory>

#include "process.hpp"
#include "source.hpp"
#include "traffic_gen.skel.h"

namespace traffic {
namespace {

struct Destroy {
  void operator()(traffic_gen* skeleton) const { traffic_gen__destroy(skeleton); }
};
using Skeleton = std::unique_ptr<traffic_gen, Destroy>;

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

Skeleton load_program(const Load& load) {
  Skeleton skeleton(traffic_gen__open());
  if (!skeleton) fail("open the generator program", errno);
  std::memcpy(
      const_cast<decltype(skeleton->rodata->template_words)*>(&skeleton->rodata->template_words),
      load.frame.data(), FRAME_BYTES);
  skeleton->rodata->flow_mask = load.flows - 1;
  skeleton->rodata->header_sum = header_sum(load.frame);
  const int loaded = traffic_gen__load(skeleton.get());
  if (loaded != 0) fail("load the generator program", -loaded);
  const uint32_t key = 0;
  const int map = bpf_map__fd(skeleton->maps.out);
  if (bpf_map_update_elem(map, &key, &load.ifindex, BPF_ANY) != 0) {
    fail("redirect into " + load.ifname, errno);
  }
  return skeleton;
}

}  // namespace

Sent send_frames(const Load& load) {
  const Skeleton skeleton = load_program(load);
  const double start = now_seconds();
  arm_timer(load.seconds);
  while (expired == 0) {
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = load.frame.data(),
                .data_size_in = FRAME_BYTES, .repeat = 2'000'000'000,
                .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = load.batch);
    const int ran = bpf_prog_test_run_opts(bpf_program__fd(skeleton->progs.generate), &options);
    if (ran != 0 && ran != -EINTR) fail("send live frames", -ran);
  }
  return {.frames = skeleton->bss->sent, .started = start, .seconds = now_seconds() - start};
}

}  // namespace traffic
