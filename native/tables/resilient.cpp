#include "tables/resilient.hpp"

#include <algorithm>
#include <cassert>

namespace millrace {

namespace {

constexpr std::uint32_t kNobody = kGroupBuckets;

class Shares {
 public:
  Shares(Group& group, std::span<const GroupMember> members) : group_(group), members_(members) {
    for (const GroupMember& member : members) total_weight_ += member.weight;
    for (std::uint32_t i = 0; i < kGroupBuckets; ++i) {
      owner_[i] = index_of(group.buckets[i]);
      if (owner_[i] != kNobody) ++count_[owner_[i]];
    }
    for (std::uint32_t i = 0; i < size(); ++i) is_new_[i] = count_[i] == 0;
  }

  // What a smaller weight is no longer worth.
  void free_surplus() {
    for (std::uint32_t i = 0; i < kGroupBuckets; ++i)
      if (owner_[i] != kNobody && missing(owner_[i]) <= -total_weight_) give(i, kNobody);
  }
  void hand_out_free() {
    for (std::uint32_t i = 0; i < kGroupBuckets; ++i)
      if (owner_[i] == kNobody) give(i, neediest());
  }
  void serve_new() {
    for (std::uint32_t i = 0; i < size(); ++i)
      while (is_new_[i] && missing(i) >= total_weight_) give(bucket_of(richest()), i);
  }

 private:
  std::uint32_t size() const { return static_cast<std::uint32_t>(members_.size()); }

  std::uint32_t index_of(std::uint32_t adjacency) const {
    for (std::uint32_t i = 0; i < size(); ++i)
      if (members_[i].adjacency == adjacency) return i;
    return kNobody;
  }

  // Buckets that a member lacks, in units of 1 / total_weight_; negative when it has too many.
  std::int64_t missing(std::uint32_t member) const {
    return std::int64_t{members_[member].weight} * kGroupBuckets - count_[member] * total_weight_;
  }

  // A member without any bucket goes first, so that a small weight is not rounded to nothing.
  std::uint32_t neediest() const {
    std::uint32_t best = 0;
    for (std::uint32_t i = 1; i < size(); ++i) {
      const bool without = count_[i] == 0, best_without = count_[best] == 0;
      if (without != best_without ? without : missing(i) > missing(best)) best = i;
    }
    return best;
  }
  std::uint32_t richest() const {
    std::uint32_t best = 0;
    for (std::uint32_t i = 1; i < size(); ++i)
      if (missing(i) < missing(best)) best = i;
    return best;
  }
  std::uint32_t bucket_of(std::uint32_t member) const {
    return static_cast<std::uint32_t>(std::find(owner_.begin(), owner_.end(), member) -
                                      owner_.begin());
  }

  void give(std::uint32_t bucket, std::uint32_t member) {
    if (owner_[bucket] != kNobody) --count_[owner_[bucket]];
    owner_[bucket] = member;
    if (member == kNobody) return;
    ++count_[member];
    group_.buckets[bucket] = members_[member].adjacency;
  }

  Group& group_;
  const std::span<const GroupMember> members_;
  std::int64_t total_weight_ = 0;
  std::array<std::uint32_t, kGroupBuckets> owner_{};  // index of a member
  std::array<std::int64_t, kGroupBuckets> count_{};
  std::array<bool, kGroupBuckets> is_new_{};
};

}  // namespace

void distribute(Group& group, std::span<const GroupMember> members) {
  assert(!members.empty() && members.size() <= kGroupBuckets);
  Shares shares(group, members);
  shares.free_surplus();
  shares.hand_out_free();
  shares.serve_new();
}

}  // namespace millrace
