#pragma once
// The packet memory of one worker: frames of equal size in a memfd, so that another process can map
// the same frames. Documentation/networking/af_xdp.rst, "UMEM".
#include <cstddef>
#include <cstdint>

namespace millrace {

enum class Hugepages : std::uint8_t { kAuto, kOff, kRequire };

class Umem {
 public:
  // frame_size: 2048 or 4096. Throws std::system_error when memory or required hugepages are
  // missing.
  Umem(std::uint32_t frames, std::uint32_t frame_size, Hugepages hugepages);
  ~Umem();
  Umem(const Umem&) = delete;
  Umem& operator=(const Umem&) = delete;

  std::uint8_t* frame(std::uint32_t index) const {
    return base_ + (static_cast<std::size_t>(index) << shift_);
  }
  // What the kernel calls addr: an offset into the UMEM. The frame is the same for any offset in
  // it.
  std::uint32_t frame_of(std::uint64_t address) const {
    return static_cast<std::uint32_t>(address >> shift_);
  }
  std::uint64_t address_of(const std::uint8_t* p) const {
    return static_cast<std::uint64_t>(p - base_);
  }
  std::uint64_t frame_address(std::uint32_t index) const {
    return static_cast<std::uint64_t>(index) << shift_;
  }
  std::uint8_t* base() const { return base_; }
  std::size_t bytes() const { return bytes_; }
  std::uint32_t frames() const { return frames_; }
  std::uint32_t frame_size() const { return 1u << shift_; }
  bool hugepages() const { return hugepages_; }

 private:
  bool map(std::size_t bytes, unsigned flags);

  std::uint8_t* base_ = nullptr;
  std::size_t bytes_ = 0;
  std::uint32_t frames_;
  std::uint32_t shift_;
  int fd_ = -1;
  bool hugepages_ = false;
};

}  // namespace millrace
