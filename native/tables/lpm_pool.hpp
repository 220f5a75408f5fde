#pragma once
// Memory of one FIB: blocks of 4-byte units in one address range that never moves, so that a reader
// reaches any of them from one base and an index. Only the writer allocates. Blocks that readers
// may still see are retired, and reused after reclaim().
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>
#include <new>
#include <stdexcept>
#include <vector>

namespace millrace {

// Zeroed pages on demand, aligned so that huge pages fit.
class LpmMemory {
 public:
  static constexpr std::size_t kHugePage = std::size_t{2} << 20;

  LpmMemory(std::size_t bytes, int protection) : mapped_(bytes + kHugePage) {
    constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    base_ = ::mmap(nullptr, mapped_, protection, kFlags, -1, 0);
    if (base_ == MAP_FAILED) throw std::bad_alloc();
  }
  ~LpmMemory() { ::munmap(base_, mapped_); }
  LpmMemory(const LpmMemory&) = delete;
  LpmMemory& operator=(const LpmMemory&) = delete;

  std::uint8_t* data() const {
    const auto address = reinterpret_cast<std::uintptr_t>(base_);
    return static_cast<std::uint8_t*>(base_) + (kHugePage - address % kHugePage) % kHugePage;
  }
  // Asks for huge pages; `now` also where small ones are in use (Linux 6.1), for which readers
  // that touch them meanwhile wait a moment. Failure costs speed only.
  void prefer_huge(std::size_t offset, std::size_t bytes, bool now) {
    constexpr int kCollapse = 25;  // MADV_COLLAPSE, younger than the C library's headers
    ::madvise(data() + offset, bytes, MADV_HUGEPAGE);
    if (now) ::madvise(data() + offset, bytes, kCollapse);
  }

 private:
  void* base_;
  const std::size_t mapped_;
};

class LpmPool {
 public:
  static constexpr std::uint32_t kLineUnits = 16;  // a cache line

  LpmPool() { commit(kSlabUnits); }

  std::uint32_t* data() const { return units_; }

  // Index of a block of at least `units` (1 to 32). From 16 units on it begins a cache line.
  std::uint32_t allocate(std::uint32_t units) {
    const std::uint32_t size_class = class_of(units);
    Class& blocks = classes_[size_class];
    ++live_;
    if (const std::uint32_t index = blocks.free; index != 0) {
      blocks.free = units_[index];
      return index;
    }
    if (blocks.next + kSizes[size_class] > blocks.end) refill(blocks);
    const std::uint32_t index = blocks.next;
    blocks.next += kSizes[size_class];
    return index;
  }
  void retire(std::uint32_t index, std::uint32_t units) {
    --live_;
    retired_.push_back({index, class_of(units)});
  }
  void reclaim() {
    for (const auto& [index, size_class] : retired_) put(index, size_class);
    retired_.clear();
    if (retired_.capacity() > kKeptRetired) retired_.shrink_to_fit();
  }

  // Throws when the blocks in use could not be built a second time, as the change of a route that
  // covers everything does.
  void require_room() const {
    if (kReservedUnits - used_ < used_ + kSlabUnits) throw std::length_error("LPM table is full");
  }
  // Moves what is in use to huge pages.
  void prefer_huge() {
    if (committed_ > kHugeUnits) memory_.prefer_huge(0, LpmMemory::kHugePage, true);
  }
  std::size_t blocks_in_use() const { return live_; }
  std::size_t memory_bytes() const {
    const std::size_t granule = committed_ > kHugeUnits ? LpmMemory::kHugePage : 4096;
    const std::size_t bytes = std::size_t{used_} * kUnit;
    return (bytes + granule - 1) / granule * granule + retired_.capacity() * sizeof(Retired);
  }

 private:
  struct Class {
    std::uint32_t free = 0;  // first of a list, linked through the blocks
    std::uint32_t next = 0;
    std::uint32_t end = 0;
  };
  struct Retired {
    std::uint32_t index;
    std::uint32_t size_class;
  };
  static constexpr std::size_t kUnit = sizeof(std::uint32_t);
  static constexpr std::uint32_t kSlabUnits = 256;
  static constexpr std::uint32_t kReservedUnits = 1u << 28;  // 1 GiB of addresses
  static constexpr std::uint32_t kHugeUnits = LpmMemory::kHugePage / kUnit;
  static constexpr std::size_t kKeptRetired = 4096;
  static constexpr std::array<std::uint8_t, 12> kSizes = {1, 2, 3, 4, 6, 8, 12, 16, 20, 24, 28, 32};

  static std::uint32_t class_of(std::uint32_t units) {
    assert(units >= 1 && units <= kSizes.back());
    return static_cast<std::uint32_t>(std::lower_bound(kSizes.begin(), kSizes.end(), units) -
                                      kSizes.begin());
  }
  void put(std::uint32_t index, std::uint32_t size_class) {
    units_[index] = classes_[size_class].free;
    classes_[size_class].free = index;
  }
  void refill(Class& blocks) {
    // The first block of all is not handed out: its zero is what an untouched root slot shows.
    if (used_ == 0) used_ = kSlabUnits;
    if (used_ + kSlabUnits > committed_) commit(used_ + kSlabUnits);
    blocks.next = used_;
    blocks.end = used_ += kSlabUnits;
  }
  void commit(std::uint32_t units) {
    std::uint32_t wanted = std::max(committed_, 16 * kSlabUnits);
    while (wanted < units) wanted += std::min(wanted, kHugeUnits);
    if (wanted > kReservedUnits) throw std::bad_alloc();
    const std::size_t offset = committed_ * kUnit, bytes = (wanted - committed_) * kUnit;
    if (::mprotect(memory_.data() + offset, bytes, PROT_READ | PROT_WRITE) != 0)
      throw std::bad_alloc();
    if (committed_ >= kHugeUnits) memory_.prefer_huge(offset, bytes, false);
    committed_ = wanted;
  }

  LpmMemory memory_{std::size_t{kReservedUnits} * kUnit, PROT_NONE};
  std::uint32_t* const units_ = reinterpret_cast<std::uint32_t*>(memory_.data());
  std::uint32_t committed_ = 0;
  std::uint32_t used_ = 0;
  std::size_t live_ = 0;
  std::array<Class, kSizes.size()> classes_;
  std::vector<Retired> retired_;
};

}  // namespace millrace
