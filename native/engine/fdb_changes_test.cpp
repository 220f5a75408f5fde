// Changes of static FDB entries: all or none, and never those of a pod.
#include "engine/fdb_changes.hpp"

#include <gtest/gtest.h>

namespace millrace {

namespace {

constexpr std::uint16_t kPort = 3, kOther = 4;

Mac mac(std::uint8_t number) {
  return {{2, 0, 0, 0, 7, number}};
}

class FdbChangesTest : public ::testing::Test {
 protected:
  void apply(const std::vector<FdbChange>& changes) {
    apply_fdb(fdb_, changes, [](const FdbChange& change) { return change.port; });
  }
  std::uint16_t place(std::uint8_t number) {
    return fdb_.lookup(Fdb::key_of(0, mac(number).bytes.data()));
  }

  Fdb fdb_{4, 1};  // two buckets of four: eight entries and no more
};

TEST_F(FdbChangesTest, LeavesTheAddressOfAPodAlone) {
  fdb_.add_static(0, mac(1), kPort, true);
  for (const ChangeOp op : {ChangeOp::kAdd, ChangeOp::kReplace, ChangeOp::kDelete})
    EXPECT_THROW(apply({{op, mac(1), 0, kOther}}), std::invalid_argument);
  EXPECT_EQ(place(1), kPort);
}

TEST_F(FdbChangesTest, UndoesAllWhenOneFindsNoRoom) {
  for (std::uint8_t i = 0; i < 8; ++i) apply({{ChangeOp::kAdd, mac(i), 0, kPort}});
  EXPECT_THROW(apply({{ChangeOp::kDelete, mac(0), 0, 0},
                      {ChangeOp::kReplace, mac(1), 0, kOther},
                      {ChangeOp::kAdd, mac(20), 0, kOther},
                      {ChangeOp::kAdd, mac(21), 0, kOther}}),
               std::invalid_argument);
  EXPECT_EQ(place(0), kPort);
  EXPECT_EQ(place(1), kPort);
  EXPECT_EQ(place(20), kNoPort);
  EXPECT_EQ(place(21), kNoPort);
}

}  // namespace

}  // namespace millrace
