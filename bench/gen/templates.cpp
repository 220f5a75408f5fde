#include "templates.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace gen {
namespace {

// https://datatracker.ietf.org/doc/draft-ietf-opsawg-pcap/, sections 4 and 5
constexpr uint32_t kNanoseconds = 0xa1b23c4d;
constexpr uint32_t kMicroseconds = 0xa1b2c3d4;
constexpr size_t kFileHeader = 24;
constexpr size_t kRecordHeader = 16;
constexpr uint32_t kLeastFrame = 14;
constexpr uint32_t kMostFrame = 9014;

class File {
 public:
  explicit File(const std::string& path) : path_(path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("frames " + path + ": cannot be opened");
    bytes_.assign(std::istreambuf_iterator<char>(file), {});
    if (bytes_.size() < kFileHeader) refuse("shorter than the header of a pcap file");
    const uint32_t magic = word(0);
    if (magic != kNanoseconds && magic != kMicroseconds) refuse("no pcap file in our byte order");
  }

  std::vector<Template> templates() const {
    std::vector<Template> found;
    for (size_t at = kFileHeader; at < bytes_.size();) {
      if (at + kRecordHeader > bytes_.size()) refuse("ends within a record");
      const uint32_t captured = word(at + 8);
      const uint32_t length = word(at + 12);
      at += kRecordHeader;
      if (captured > bytes_.size() - at) refuse("ends within a frame");
      if (captured == 0 || captured > length || length < kLeastFrame || length > kMostFrame)
        refuse("frame " + std::to_string(found.size() + 1) + " has " + std::to_string(captured) +
               " of " + std::to_string(length) + " bytes");
      const auto* data = bytes_.data() + at;
      found.push_back({{data, data + captured}, length});
      at += captured;
    }
    if (found.empty()) refuse("holds no frame");
    return found;
  }

 private:
  uint32_t word(size_t at) const {
    uint32_t value;
    std::copy_n(bytes_.data() + at, sizeof value, reinterpret_cast<uint8_t*>(&value));
    return value;
  }

  [[noreturn]] void refuse(const std::string& why) const {
    throw std::runtime_error("frames " + path_ + ": " + why);
  }

  std::string path_;
  std::vector<uint8_t> bytes_;
};

}  // namespace

std::vector<Template> read_templates(const std::string& path) {
  return File(path).templates();
}

uint32_t longest_frame(const std::vector<Template>& templates) {
  return std::ranges::max_element(templates, {}, &Template::length)->length;
}

uint32_t longest_head(const std::vector<Template>& templates) {
  const auto size = [](const Template& one) { return one.head.size(); };
  return static_cast<uint32_t>(std::ranges::max(templates, {}, size).head.size());
}

}  // namespace gen
