#include "templates.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

namespace gen {
namespace {

using Words = std::vector<uint32_t>;

class TemplatesTest : public ::testing::Test {
 protected:
  void TearDown() override { std::remove(path_.c_str()); }

  void write(const Words& words, const std::string& tail = "") const {
    std::ofstream file(path_, std::ios::binary);
    file.write(reinterpret_cast<const char*>(words.data()),
               static_cast<std::streamsize>(words.size() * 4));
    file << tail;
  }

  std::string refusal() const {
    try {
      read_templates(path_);
      return "none";
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  }

  const std::string path_ = "/tmp/millrace-templates-" + std::to_string(getpid()) + ".pcap";
  const Words header_ = {0xa1b23c4d, 0x00040002, 0, 0, 65535, 1};
};

TEST_F(TemplatesTest, ReadsHeadAndLengthOfEachFrame) {
  Words words = header_;
  words.insert(words.end(), {0, 0, 16, 60, 1, 2, 3, 4, 0, 0, 20, 1514, 5, 6, 7, 8, 9});
  write(words);
  const auto found = read_templates(path_);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].length, 60u);
  EXPECT_EQ(found[0].head.size(), 16u);
  EXPECT_EQ(found[1].head[0], 5);
  EXPECT_EQ(longest_frame(found), 1514u);
  EXPECT_EQ(longest_head(found), 20u);
}

TEST_F(TemplatesTest, RefusesWhatIsNoCapture) {
  write({1, 2, 3, 4, 5, 6});
  EXPECT_NE(refusal().find("no pcap file"), std::string::npos);
  write({0xa1b23c4d});
  EXPECT_NE(refusal().find("shorter than the header"), std::string::npos);
}

TEST_F(TemplatesTest, RefusesACaptureThatEndsWithinAFrame) {
  Words words = header_;
  words.insert(words.end(), {0, 0, 16, 60, 1, 2});
  write(words);
  EXPECT_NE(refusal().find("ends within a frame"), std::string::npos);
  write(header_, "half");
  EXPECT_NE(refusal().find("ends within a record"), std::string::npos);
}

TEST_F(TemplatesTest, RefusesACaptureWithoutFrames) {
  write(header_);
  EXPECT_NE(refusal().find("holds no frame"), std::string::npos);
}

TEST_F(TemplatesTest, NamesAFrameOfAnImpossibleLength) {
  Words words = header_;
  words.insert(words.end(), {0, 0, 16, 8, 1, 2, 3, 4});
  write(words);
  EXPECT_NE(refusal().find("frame 1 has 16 of 8 bytes"), std::string::npos);
}

TEST_F(TemplatesTest, NamesAFileThatIsNotThere) {
  EXPECT_NE(refusal().find(path_), std::string::npos);
}

}  // namespace
}  // namespace gen
