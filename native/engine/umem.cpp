#include "engine/umem.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <system_error>

namespace millrace {

namespace {
constexpr std::size_t kHugepage = std::size_t{2} << 20;

std::size_t round_up(std::size_t value, std::size_t unit) {
  return (value + unit - 1) / unit * unit;
}
}  // namespace

Umem::Umem(std::uint32_t frames, std::uint32_t frame_size, Hugepages hugepages)
    : frames_(frames), shift_(static_cast<std::uint32_t>(std::countr_zero(frame_size))) {
  const std::size_t wanted = static_cast<std::size_t>(frames) << shift_;
  if (hugepages != Hugepages::kOff) {
    hugepages_ = map(round_up(wanted, kHugepage), MFD_HUGETLB);
    if (!hugepages_ && hugepages == Hugepages::kRequire)
      throw std::system_error(errno, std::generic_category(),
                              "UMEM of " + std::to_string(wanted >> 20) + " MiB on hugepages");
  }
  if (!hugepages_ && !map(wanted, 0))
    throw std::system_error(errno, std::generic_category(),
                            "UMEM of " + std::to_string(wanted >> 20) + " MiB");
}

Umem::~Umem() {
  ::munmap(base_, bytes_);
  ::close(fd_);
}

// Leaves errno and no trace on failure. MAP_POPULATE: a missing page is an error now, not a SIGBUS
// in the middle of a burst.
bool Umem::map(std::size_t bytes, unsigned flags) {
  const int fd = ::memfd_create("millrace-umem", MFD_CLOEXEC | flags);
  if (fd < 0) return false;
  void* memory = MAP_FAILED;
  if (::ftruncate(fd, static_cast<off_t>(bytes)) == 0)
    memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
  if (memory == MAP_FAILED) {
    const int saved = errno;
    ::close(fd);
    errno = saved;
    return false;
  }
  base_ = static_cast<std::uint8_t*>(memory);
  bytes_ = bytes;
  fd_ = fd;
  return true;
}

}  // namespace millrace
