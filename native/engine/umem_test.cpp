#include "engine/umem.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace millrace {

namespace {

std::size_t open_files() {
  const std::filesystem::directory_iterator begin("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin, std::filesystem::directory_iterator()));
}

std::size_t hugepages(const std::string& which) {
  std::ifstream file("/sys/kernel/mm/hugepages/hugepages-2048kB/" + which);
  std::size_t pages = 0;
  file >> pages;
  return pages;
}

TEST(UmemTest, GivesEachFrameItsOwnZeroedMemory) {
  const Umem umem(16, 2048, Hugepages::kOff);
  EXPECT_EQ(umem.bytes(), 16u * 2048);
  EXPECT_EQ(umem.frames(), 16u);
  EXPECT_EQ(umem.frame_size(), 2048u);
  EXPECT_FALSE(umem.hugepages());
  EXPECT_EQ(std::count(umem.base(), umem.base() + umem.bytes(), 0), 16 * 2048);
  for (std::uint32_t i = 0; i < 16; ++i)
    std::fill_n(umem.frame(i), 2048, static_cast<std::uint8_t>(i + 1));
  for (std::uint32_t i = 0; i < 16; ++i)
    EXPECT_EQ(std::count(umem.frame(i), umem.frame(i) + 2048, i + 1), 2048);
}

TEST(UmemTest, TellsTheFrameFromAnyAddressInIt) {
  for (const std::uint32_t size : {2048u, 4096u}) {
    const Umem umem(8, size, Hugepages::kOff);
    for (std::uint32_t frame = 0; frame < 8; ++frame) {
      EXPECT_EQ(umem.frame_address(frame), std::uint64_t{frame} * size);
      EXPECT_EQ(umem.address_of(umem.frame(frame)), umem.frame_address(frame));
      for (const std::uint32_t offset : {0u, 1u, 256u, size - 1})
        EXPECT_EQ(umem.frame_of(umem.address_of(umem.frame(frame) + offset)), frame);
    }
  }
}

TEST(UmemTest, ClosesItsMemoryFile) {
  const std::size_t before = open_files();
  {
    const Umem umem(4, 2048, Hugepages::kOff);
    EXPECT_EQ(open_files(), before + 1);
  }
  EXPECT_EQ(open_files(), before);
}

TEST(UmemTest, GetsMemoryWithOrWithoutHugepages) {
  const Umem umem(16, 2048, Hugepages::kAuto);
  EXPECT_GE(umem.bytes(), 16u * 2048);
  umem.base()[umem.bytes() - 1] = 1;
  EXPECT_EQ(umem.base()[umem.bytes() - 1], 1);
}

TEST(UmemTest, RoundsUpToWholeHugepages) {
  if (hugepages("free_hugepages") == 0) GTEST_SKIP() << "no free hugepages on this machine";
  const Umem umem(16, 2048, Hugepages::kRequire);
  EXPECT_TRUE(umem.hugepages());
  EXPECT_EQ(umem.bytes(), std::size_t{2} << 20);
}

TEST(UmemTest, SaysThatRequiredHugepagesAreMissing) {
  if (hugepages("nr_overcommit_hugepages") != 0) GTEST_SKIP() << "hugepages are made on demand";
  const auto frames = static_cast<std::uint32_t>((hugepages("free_hugepages") + 1) * 1024);
  const std::size_t before = open_files();
  try {
    const Umem umem(frames, 2048, Hugepages::kRequire);
    FAIL() << "got " << umem.bytes() << " bytes";
  } catch (const std::system_error& error) {
    EXPECT_NE(std::string(error.what()).find("MiB on hugepages"), std::string::npos)
        << error.what();
    EXPECT_NE(error.code().value(), 0);
  }
  EXPECT_EQ(open_files(), before);
}

}  // namespace

}  // namespace millrace
