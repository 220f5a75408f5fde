#pragma once
// One AF_XDP socket with its four rings, Documentation/networking/af_xdp.rst. The rings are used
// through libxdp's helpers (xdp/xsk.h); the socket itself is set up here, because libxdp 1.3 cannot
// ask for TX metadata and hides what a later hand-over of the socket needs.
#include <xdp/xsk.h>

#include <cstdint>
#include <string>

#include "engine/umem.hpp"
#include "engine/unique_fd.hpp"

namespace millrace {

class XskSocket {
 public:
  struct Options {
    std::string ifname;
    int ifindex;
    std::uint32_t queue;
    std::uint32_t ring_size;
    bool zero_copy;
    bool multi_buffer;  // XDP_USE_SG: packets may span several frames
    bool tx_metadata;
    int shared_with;  // a bound socket on the same UMEM in the same mode, or -1: register anew
  };

  // Retries EBUSY for two seconds: the kernel tears a predecessor down asynchronously.
  // Throws std::system_error naming the interface and the step.
  XskSocket(const Umem& umem, const Options& options);
  ~XskSocket();
  XskSocket(const XskSocket&) = delete;
  XskSocket& operator=(const XskSocket&) = delete;

  int fd() const { return fd_.get(); }

  xsk_ring_cons rx{};
  xsk_ring_prod tx{};
  xsk_ring_prod fill{};
  xsk_ring_cons completion{};

 private:
  struct Mapping {
    void* memory = nullptr;
    std::size_t bytes = 0;
  };

  void register_umem(const Umem& umem, const Options& options);
  void create_rings(const Options& options);
  void map_rings(const Options& options);
  void bind(const Options& options);
  template <class Ring, class Offsets>
  void map_ring(Ring& ring, Mapping& mapping, const Offsets& offsets, std::uint32_t size,
                std::size_t entry, std::uint64_t page_offset);

  UniqueFd fd_;
  std::string ifname_;
  Mapping mappings_[4];
};

}  // namespace millrace
