// millrace-sink: drops everything that arrives on one interface and follows the frames of a trial
// by their stamp: with XDP in the driver (--at xdp), or as packets, where the network stack would
// take them (--at skb). Prints a JSON line when ready and one for each line of standard input:
//   expect TAG STAMP_AT L3_AT TTL   forgets what was, and counts frames of this trial from now on
//   expect raw                      the same for frames without a stamp: everything counts
//   read                            tells what has arrived
// It ends with its standard input.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <net/if.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <vector>

#include "../lib/options.hpp"
#include "../lib/process.hpp"
#include "reading.hpp"
#include "sink.h"
#include "sink.skel.h"

namespace {

/** BPF_TCX_INGRESS of Linux 6.6, which headers of distributions do not have yet. */
constexpr auto kTcxIngress = static_cast<bpf_attach_type>(46);

struct Destroy {
  void operator()(sink* skeleton) const { sink__destroy(skeleton); }
};

class Sink {
 public:
  Sink(const std::string& ifname, bool as_skb) : ifname_(ifname), skeleton_(sink__open_and_load()) {
    if (!skeleton_) traffic::fail("load the sink program", errno);
    const unsigned index = if_nametoindex(ifname.c_str());
    if (index == 0) traffic::fail("interface " + ifname, errno);
    if (as_skb) {
      attach_to_stack(static_cast<int>(index));
      queues_ = std::min<uint32_t>(SINK_QUEUES, static_cast<uint32_t>(libbpf_num_possible_cpus()));
    } else {
      attach(static_cast<int>(index));
      count_queues();
    }
  }

  void expect(expected wanted) {
    wanted.before = tag_;
    tag_ = wanted.tag;
    skeleton_->bss->expected = {};
    const track nothing{};
    for (uint32_t queue = 0; queue < queues_; queue++) {
      if (bpf_map_update_elem(map(), &queue, &nothing, BPF_ANY) != 0)
        traffic::fail("clear the counters", errno);
    }
    drops_before_ = interface_drops();
    skeleton_->bss->expected = wanted;
  }

  void print() const {
    std::vector<track> queues(queues_);
    const double before = traffic::now_seconds();
    for (uint32_t queue = 0; queue < queues_; queue++) {
      if (bpf_map_lookup_elem(map(), &queue, &queues[queue]) != 0)
        traffic::fail("read the counters", errno);
    }
    const double at = (before + traffic::now_seconds()) / 2;
    const uint64_t drops = interface_drops() - drops_before_;
    std::puts(gen::to_json(gen::sum_of(queues), at, drops, mode_).c_str());
    std::fflush(stdout);
  }

 private:
  int map() const { return bpf_map__fd(skeleton_->maps.tracks); }

  /** A BPF link: the program leaves the interface with this process, however it ends. */
  void attach(int index) {
    const int program = bpf_program__fd(skeleton_->progs.count_and_drop);
    for (const bool native : {true, false}) {
      LIBBPF_OPTS(bpf_link_create_opts, options,
                  .flags = native ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE);
      link_ = bpf_link_create(program, index, BPF_XDP, &options);
      mode_ = native ? "native" : "generic";
      if (link_ >= 0) return;
    }
    traffic::fail("attach the sink program to " + ifname_, errno);
  }

  void attach_to_stack(int index) {
    const int program = bpf_program__fd(skeleton_->progs.count_and_shoot);
    link_ = bpf_link_create(program, index, kTcxIngress, nullptr);
    mode_ = "skb";
    if (link_ < 0)
      traffic::fail("attach the sink program to the stack of " + ifname_ + " (Linux 6.6 or later)",
                    errno);
  }

  void count_queues() {
    for (const auto& entry :
         std::filesystem::directory_iterator("/sys/class/net/" + ifname_ + "/queues"))
      if (entry.path().filename().string().starts_with("rx-")) queues_++;
    if (queues_ > SINK_QUEUES)
      throw std::runtime_error("interface " + ifname_ + ": " + std::to_string(queues_) +
                               " receive queues, at most " + std::to_string(SINK_QUEUES) +
                               " are told apart: ethtool -L " + ifname_ + " combined " +
                               std::to_string(SINK_QUEUES));
  }

  /** Frames that the device had and lost before the program saw them. */
  uint64_t interface_drops() const {
    uint64_t sum = 0;
    for (const char* name : {"rx_dropped", "rx_missed_errors", "rx_fifo_errors"}) {
      uint64_t value = 0;
      std::ifstream("/sys/class/net/" + ifname_ + "/statistics/" + name) >> value;
      sum += value;
    }
    return sum;
  }

  std::string ifname_;
  std::unique_ptr<sink, Destroy> skeleton_;
  int link_ = -1;
  const char* mode_ = "";
  uint32_t queues_ = 0;
  uint64_t drops_before_ = 0;
  uint32_t tag_ = 0;
};

expected parse(const std::string& line) {
  expected wanted{};
  wanted.raw = line == "expect raw";
  if (wanted.raw) return wanted;
  if (std::sscanf(line.c_str(), "expect %u %u %u %u", &wanted.tag, &wanted.stamp_at, &wanted.l3_at,
                  &wanted.ttl) != 4)
    throw std::invalid_argument("line \"" + line +
                                "\": accepted: read, expect raw, expect TAG STAMP_AT L3_AT TTL");
  return wanted;
}

}  // namespace

int main(int argc, char** argv) try {
  traffic::die_with_parent();
  const traffic::Options options(argc, argv, {{"ifname", ""}, {"at", "xdp"}});
  const std::string at = options.text("at");
  if (at != "xdp" && at != "skb")
    throw std::invalid_argument("--at " + at + ": accepted: xdp, skb");
  Sink sink(options.text("ifname"), at == "skb");
  sink.print();
  for (std::string line; std::getline(std::cin, line);) {
    if (line != "read") sink.expect(parse(line));
    sink.print();
  }
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "millrace-sink: %s\n", error.what());
  return 1;
}
