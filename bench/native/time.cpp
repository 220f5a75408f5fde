// How long the native hot paths take, by Google Benchmark: it chooses the number of calls, repeats
// them, and prints JSON when asked. Takes its options.
#include <benchmark/benchmark.h>

#include "native/case.hpp"

namespace {

using namespace millrace::bench;

// Tables are filled when a case runs first, and kept for its repetitions.
void add(const Case& one) {
  benchmark::RegisterBenchmark(
      one.name.c_str(), [one, call = std::function<void()>()](benchmark::State& state) mutable {
        if (!call) call = one.prepare();
        for ([[maybe_unused]] auto _ : state) call();
        state.SetItemsProcessed(state.iterations() * one.operations);
      });
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  for (const Case& one : chosen_cases({})) add(one);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
