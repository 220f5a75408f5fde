#include "histogram.h"

#include <gtest/gtest.h>

namespace gen {
namespace {

TEST(HistogramTest, HoldsEachSmallValueInABucketOfItsOwn) {
  for (uint32_t value = 0; value < 2 * HISTOGRAM_STEPS; value++) {
    EXPECT_EQ(histogram_bucket(value), value);
    EXPECT_EQ(histogram_floor(value), value);
  }
}

TEST(HistogramTest, KnowsEveryValueToLessThanAPercent) {
  for (uint64_t value = 1; value < uint64_t{1} << 36; value += value / 3 + 1) {
    const uint64_t floor = histogram_floor(histogram_bucket(value));
    ASSERT_LE(floor, value);
    ASSERT_LT(static_cast<double>(value - floor), 0.008 * static_cast<double>(value) + 1);
  }
}

TEST(HistogramTest, BucketsFollowEachOtherWithoutGap) {
  for (uint32_t bucket = 1; bucket < HISTOGRAM_BUCKETS; bucket++) {
    const uint64_t floor = histogram_floor(bucket);
    ASSERT_EQ(histogram_bucket(floor), bucket);
    ASSERT_EQ(histogram_bucket(floor - 1), bucket - 1);
  }
}

TEST(HistogramTest, PutsWhatIsTooLongIntoTheLastBucket) {
  EXPECT_EQ(histogram_bucket(UINT64_MAX), uint32_t{HISTOGRAM_BUCKETS - 1});
}

}  // namespace
}  // namespace gen
