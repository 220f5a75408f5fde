#include "reading.hpp"

#include <algorithm>
#include <cstdarg>
#include <cstdio>

namespace gen {
namespace {

using Count = unsigned long long;

[[gnu::format(printf, 2, 3)]] void append(std::string& text, const char* format, ...) {
  char piece[512];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(piece, sizeof piece, format, arguments);
  va_end(arguments);
  text += piece;
}

void add_delays(track& sum, const track& one) {
  if (one.delays == 0) return;
  sum.delay_min = sum.delays == 0 ? one.delay_min : std::min(sum.delay_min, one.delay_min);
  sum.delay_max = std::max(sum.delay_max, one.delay_max);
  sum.jitter16 = std::max(sum.jitter16, one.jitter16);
  sum.delays += one.delays;
  sum.delay_sum += one.delay_sum;
  for (int i = 0; i < HISTOGRAM_BUCKETS; i++) sum.histogram[i] += one.histogram[i];
}

}  // namespace

track sum_of(const std::vector<track>& queues) {
  track sum{};
  for (const track& one : queues) {
    sum.packets += one.packets;
    sum.bytes += one.bytes;
    sum.duplicates += one.duplicates;
    sum.reordered += one.reordered;
    sum.corrupt += one.corrupt;
    sum.misrouted += one.misrouted;
    sum.other += one.other;
    sum.next = std::max(sum.next, one.next);
    add_delays(sum, one);
  }
  return sum;
}

std::string to_json(const track& seen, double seconds, uint64_t interface_drops,
                    const std::string& mode) {
  std::string text = "{";
  append(text, R"("seconds": %.9f, "mode": "%s", )", seconds, mode.c_str());
  append(text, R"("packets": %llu, "bytes": %llu, )", Count{seen.packets}, Count{seen.bytes});
  append(text, R"("duplicates": %llu, "reordered": %llu, )", Count{seen.duplicates},
         Count{seen.reordered});
  append(text, R"("corrupt": %llu, "misrouted": %llu, "other": %llu, )", Count{seen.corrupt},
         Count{seen.misrouted}, Count{seen.other});
  append(text, R"("next": %llu, "drops": %llu, )", Count{seen.next}, Count{interface_drops});
  append(text, R"("delays": {"count": %llu, "sum": %llu, "min": %llu, "max": %llu, )",
         Count{seen.delays}, Count{seen.delay_sum}, Count{seen.delay_min}, Count{seen.delay_max});
  append(text, R"("jitter": %.3f, "buckets": [)", static_cast<double>(seen.jitter16) / 16);
  const char* comma = "";
  for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
    if (seen.histogram[i] == 0) continue;
    append(text, "%s[%llu, %llu]", comma, Count{histogram_floor(i)}, Count{seen.histogram[i]});
    comma = ", ";
  }
  return text + "]}}";
}

}  // namespace gen
