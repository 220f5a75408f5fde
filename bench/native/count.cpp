// How many instructions the native hot paths take; to be run by
//   valgrind --tool=callgrind --instr-atstart=no --callgrind-out-file=dump.%p
//     millrace_bench_count [CASE...]
// which then writes a dump of what each case has executed, named after it. Prints one JSON object:
// what else the counts depend on, and how many operations each of them is for.
#include <gnu/libc-version.h>
#include <sys/wait.h>
#include <unistd.h>
#include <valgrind/callgrind.h>

#include <cstdio>
#include <exception>

#include "native/case.hpp"

namespace {

using namespace millrace::bench;

// Enough for the keys of every table to come round.
constexpr std::uint32_t kCalls = 64;

#ifdef __clang__
constexpr const char* kCompiler = "clang";
constexpr int kCompilerMajor = __clang_major__;
#else
constexpr const char* kCompiler = "gcc";
constexpr int kCompilerMajor = __GNUC__;
#endif

#ifdef NDEBUG
constexpr const char* kBuild = "release";
#else
constexpr const char* kBuild = "debug";
#endif

#ifdef __x86_64__
constexpr const char* kMachine = "x86_64";
bool has_wide_vectors() {
  return __builtin_cpu_supports("avx2") != 0;
}
#else
constexpr const char* kMachine = "other";
bool has_wide_vectors() {
  return false;
}
#endif

// The first call is left out: it may touch what no later one does.
void count(const Case& one) {
  const std::function<void()> call = one.prepare();
  call();
  CALLGRIND_START_INSTRUMENTATION;
  CALLGRIND_ZERO_STATS;
  for (std::uint32_t i = 0; i < kCalls; ++i) call();
  CALLGRIND_DUMP_STATS_AT(one.name.c_str());
  CALLGRIND_STOP_INSTRUMENTATION;
}

// In a process of its own: what malloc() costs depends on what other cases have left of the heap.
void count_apart(const Case& one) {
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      count(one);
      ::_exit(0);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s: %s\n", one.name.c_str(), error.what());
      ::_exit(1);
    }
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child || status != 0)
    throw std::runtime_error(one.name + " could not be counted");
}

int count_all(const std::vector<std::string>& names) {
  std::printf(
      "{\"madeWith\":{\"compiler\":\"%s %d\",\"libc\":\"%s\",\"machine\":\"%s\",\"avx2\":%s,"
      "\"build\":\"%s\"},\"operations\":{",
      kCompiler, kCompilerMajor, ::gnu_get_libc_version(), kMachine,
      has_wide_vectors() ? "true" : "false", kBuild);
  const char* separator = "";
  for (const Case& one : chosen_cases(names)) {
    if (!one.counted && names.empty()) continue;
    count_apart(one);
    std::printf("%s\"%s\":%u", separator, one.name.c_str(), kCalls * one.operations);
    separator = ",";
  }
  std::printf("}}\n");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return count_all({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "millrace_bench_count: %s\n", error.what());
    return 2;
  }
}
