// Random packets through the graph and through the kernel's router with the same configuration:
// the same packets leave, by the same ports.
#include <gtest/gtest.h>

#include <map>

#include "graph/kernel_differential_compare.hpp"
#include "graph/kernel_differential_graph_router.hpp"
#include "graph/kernel_differential_kernel_router.hpp"

namespace millrace {

namespace {

using namespace differential;

constexpr int kPackets = 40000;

std::string outcome_of(const Outputs& outputs) {
  if (outputs.empty()) return "dropped";
  const auto packet = read(outputs[0].frame);
  if (!packet || !is_gateway(packet->source)) return "forwarded";
  const std::uint8_t* icmp = packet->ip + packet->header();
  return "answered by ICMP" + std::string(packet->ip6 ? "v6 " : " ") + std::to_string(icmp[0]) +
         "/" + std::to_string(icmp[1]);
}

TEST(KernelDifferentialTest, RoutesAsTheKernelDoes) {
  if (const std::string missing = TestNetns::missing(); !missing.empty()) GTEST_SKIP() << missing;
  Dice dice(differential_seed());
  const Plan plan(dice);
  KernelRouter kernel(plan);
  GraphRouter graph(plan);
  Packets packets(plan, dice);
  const Exclusions exclusions(plan);
  const Comparison comparison(plan);
  std::map<std::string, int> counts;
  int failures = 0;
  for (int i = 0; i < kPackets;) {
    const Input input = packets.next();
    if (const std::string why = exclusions.reason(input); !why.empty()) {
      ++counts["not sent: " + why];
      continue;
    }
    ++i;
    const Outputs ours = graph.process(input.port, input.frame);
    const Outputs theirs = kernel.process(input.port, input.frame);
    ++counts[outcome_of(ours)];
    if (comparison.same(input, ours, theirs)) continue;
    ADD_FAILURE() << "packet " << i << " into port " << input.port << ": " << headline(input.frame)
                  << hex(input.frame) << "\n  kernel:\n"
                  << text_of(theirs) << "  graph:\n"
                  << text_of(ours);
    if (++failures == 20) break;
  }
  for (const auto& [what, count] : counts) std::cout << "  " << what << ": " << count << "\n";
  EXPECT_TRUE(graph.pool_is_whole());
}

}  // namespace

}  // namespace millrace
