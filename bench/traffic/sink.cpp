// millrace-sink: drops everything that arrives on one interface with XDP and counts the test
// frames. Prints one JSON line when ready and one for each line on standard input; ends with it.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cstdio>
#include <exception>
#include <iostream>
#include <memory>
#include <vector>

#include "flow.h"
#include "frame.hpp"
#include "options.hpp"
#include "process.hpp"
#include "sink.h"
#include "traffic_sink.skel.h"

namespace {

/** VXLAN over IPv6. */
constexpr double kMaxOuterBytes = 70;

struct Destroy {
  void operator()(traffic_sink* skeleton) const { traffic_sink__destroy(skeleton); }
  void operator()(bpf_link* link) const { bpf_link__destroy(link); }
};
using Skeleton = std::unique_ptr<traffic_sink, Destroy>;
using Link = std::unique_ptr<bpf_link, Destroy>;

Skeleton load_program(uint8_t ttl, uint32_t outer) {
  Skeleton skeleton(traffic_sink__open());
  if (!skeleton) traffic::fail("open the sink program", errno);
  skeleton->rodata->expected_ttl = ttl;
  skeleton->rodata->outer_bytes = outer;
  const int loaded = traffic_sink__load(skeleton.get());
  if (loaded != 0) traffic::fail("load the sink program", -loaded);
  return skeleton;
}

/** A BPF link: the program leaves the interface with this process, however it ends. */
Link attach(traffic_sink* skeleton, unsigned ifindex) {
  Link link(bpf_program__attach_xdp(skeleton->progs.count_and_drop, static_cast<int>(ifindex)));
  if (!link) traffic::fail("attach the sink program", errno);
  return link;
}

sink_counters read_counters(int map, int cpus) {
  std::vector<sink_counters> perCpu(static_cast<size_t>(cpus));
  const uint32_t key = 0;
  if (bpf_map_lookup_elem(map, &key, perCpu.data()) != 0) traffic::fail("read counters", errno);
  sink_counters sum{};
  for (const sink_counters& one : perCpu) {
    sum.packets += one.packets;
    sum.corrupt += one.corrupt;
    sum.other += one.other;
  }
  return sum;
}

/** One reading of counters and clock; again when the scheduler came between the two. */
void print(int map, int cpus) {
  constexpr double kApart = 20e-6;
  double at = 0;
  sink_counters seen{};
  for (int attempt = 0; attempt < 10; attempt++) {
    const double before = traffic::now_seconds();
    seen = read_counters(map, cpus);
    at = traffic::now_seconds();
    if (at - before < kApart) break;
  }
  std::printf("{\"seconds\": %.6f, \"packets\": %llu, \"corrupt\": %llu, \"other\": %llu}\n", at,
              seen.packets, seen.corrupt, seen.other);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) try {
  traffic::die_with_parent();
  const traffic::Options options(argc, argv, {{"ifname", ""}, {"ttl", "63"}, {"outer", "0"}});
  const traffic::Interface at = traffic::describe_interface(options.text("ifname"));
  const Skeleton skeleton =
      load_program(static_cast<uint8_t>(options.number("ttl", 1, 255)),
                   static_cast<uint32_t>(options.number("outer", 0, kMaxOuterBytes)));
  const Link link = attach(skeleton.get(), at.index);
  const int map = bpf_map__fd(skeleton->maps.counters);
  const int cpus = libbpf_num_possible_cpus();
  print(map, cpus);
  for (std::string line; std::getline(std::cin, line);) print(map, cpus);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "millrace-sink: %s\n", error.what());
  return 1;
}
