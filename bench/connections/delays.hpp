#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "../gen/histogram.h"

namespace connections {

/** How long things took, in nanoseconds; quantiles are known to 0.8 %. */
class Delays {
 public:
  void add(uint64_t nanoseconds) {
    buckets_[histogram_bucket(nanoseconds)]++;
    min_ = count_ == 0 ? nanoseconds : std::min(min_, nanoseconds);
    max_ = std::max(max_, nanoseconds);
    sum_ += nanoseconds;
    count_++;
  }

  /** The least value that `share` (0 to 1) of all do not exceed; 0 without values. */
  uint64_t quantile(double share) const {
    const auto wanted = static_cast<uint64_t>(std::ceil(share * static_cast<double>(count_)));
    uint64_t seen = 0;
    for (uint32_t bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
      seen += buckets_[bucket];
      if (seen > 0 && seen >= wanted)
        return std::clamp<uint64_t>(histogram_floor(bucket), min_, max_);
    }
    return max_;
  }

  /** As a JSON object, null without values. */
  void print(FILE* to) const {
    if (count_ == 0) {
      std::fputs("null", to);
      return;
    }
    std::fprintf(to, R"({"count": %lu, "min": %lu, "mean": %lu, "p50": %lu, "p90": %lu, )", count_,
                 min_, sum_ / count_, quantile(0.5), quantile(0.9));
    std::fprintf(to, R"("p99": %lu, "p999": %lu, "max": %lu})", quantile(0.99), quantile(0.999),
                 max_);
  }

 private:
  std::vector<uint64_t> buckets_ = std::vector<uint64_t>(HISTOGRAM_BUCKETS);
  uint64_t count_ = 0;
  uint64_t sum_ = 0;
  uint64_t min_ = 0;
  uint64_t max_ = 0;
};

}  // namespace connections
