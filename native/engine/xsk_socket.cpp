#include "engine/xsk_socket.hpp"

#include <sys/mman.h>
#include <sys/socket.h>

#include <chrono>
#include <thread>

#include "engine/errors.hpp"
#include "engine/xdp_uapi.hpp"

namespace millrace {

namespace {

constexpr int kBusyRetries = 40;
constexpr auto kBusyPause = std::chrono::milliseconds(50);

void set_option(int fd, int option, const void* value, socklen_t size, const std::string& what) {
  if (::setsockopt(fd, SOL_XDP, option, value, size) != 0) throw_errno(what);
}

}  // namespace

XskSocket::XskSocket(const Umem& umem, const Options& options) : ifname_(options.ifname) {
  fd_.reset(::socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0));
  if (!fd_) throw_errno("interface " + ifname_ + ": open an AF_XDP socket");
  if (options.shared_with < 0) register_umem(umem, options);
  try {
    create_rings(options);
    map_rings(options);
    bind(options);
  } catch (...) {
    for (const Mapping& mapping : mappings_)
      if (mapping.memory != nullptr) ::munmap(mapping.memory, mapping.bytes);
    throw;
  }
}

// The mappings keep the socket alive, so they go first: otherwise the queue stays busy.
XskSocket::~XskSocket() {
  for (const Mapping& mapping : mappings_) ::munmap(mapping.memory, mapping.bytes);
}

void XskSocket::register_umem(const Umem& umem, const Options& options) {
  uapi::UmemReg registration{};
  registration.addr = reinterpret_cast<std::uint64_t>(umem.base());
  registration.len = static_cast<std::uint64_t>(umem.frames()) * umem.frame_size();
  registration.chunk_size = umem.frame_size();
  if (options.tx_metadata) {
    registration.flags = uapi::kUmemTxMetadataLen;
    registration.tx_metadata_len = sizeof(uapi::TxMetadata);
  }
  set_option(fd(), XDP_UMEM_REG, &registration, sizeof(registration),
             "interface " + ifname_ + ": register the UMEM");
}

void XskSocket::create_rings(const Options& options) {
  for (const int ring : {XDP_UMEM_FILL_RING, XDP_UMEM_COMPLETION_RING, XDP_RX_RING, XDP_TX_RING})
    set_option(fd(), ring, &options.ring_size, sizeof(options.ring_size),
               "interface " + ifname_ + ": create a ring of " + std::to_string(options.ring_size));
}

template <class Ring, class Offsets>
void XskSocket::map_ring(Ring& ring, Mapping& mapping, const Offsets& offsets, std::uint32_t size,
                         std::size_t entry, std::uint64_t page_offset) {
  mapping.bytes = offsets.desc + size * entry;
  void* memory = ::mmap(nullptr, mapping.bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
                        fd(), static_cast<off_t>(page_offset));
  if (memory == MAP_FAILED) throw_errno("interface " + ifname_ + ": map a ring");
  mapping.memory = memory;
  auto* base = static_cast<std::uint8_t*>(memory);
  ring.mask = size - 1;
  ring.size = size;
  ring.producer = reinterpret_cast<std::uint32_t*>(base + offsets.producer);
  ring.consumer = reinterpret_cast<std::uint32_t*>(base + offsets.consumer);
  ring.flags = reinterpret_cast<std::uint32_t*>(base + offsets.flags);
  ring.ring = base + offsets.desc;
}

void XskSocket::map_rings(const Options& options) {
  xdp_mmap_offsets offsets{};
  socklen_t length = sizeof(offsets);
  if (::getsockopt(fd(), SOL_XDP, XDP_MMAP_OFFSETS, &offsets, &length) != 0)
    throw_errno("interface " + ifname_ + ": read the ring offsets");
  const std::uint32_t size = options.ring_size;
  map_ring(rx, mappings_[0], offsets.rx, size, sizeof(xdp_desc), XDP_PGOFF_RX_RING);
  map_ring(tx, mappings_[1], offsets.tx, size, sizeof(xdp_desc), XDP_PGOFF_TX_RING);
  map_ring(fill, mappings_[2], offsets.fr, size, sizeof(std::uint64_t), XDP_UMEM_PGOFF_FILL_RING);
  map_ring(completion, mappings_[3], offsets.cr, size, sizeof(std::uint64_t),
           XDP_UMEM_PGOFF_COMPLETION_RING);
  // A producer counts free entries from the consumer's point of view, see xsk_prod_nb_free().
  tx.cached_cons = size;
  fill.cached_cons = size;
}

void XskSocket::bind(const Options& options) {
  sockaddr_xdp address{};
  address.sxdp_family = AF_XDP;
  address.sxdp_ifindex = static_cast<std::uint32_t>(options.ifindex);
  address.sxdp_queue_id = options.queue;
  if (options.shared_with >= 0) {  // the mode is inherited, the kernel takes no other flag
    address.sxdp_flags = XDP_SHARED_UMEM;
    address.sxdp_shared_umem_fd = static_cast<std::uint32_t>(options.shared_with);
  } else {
    const auto mode = options.zero_copy ? XDP_ZEROCOPY : XDP_COPY;
    const auto parts = options.multi_buffer ? uapi::kBindScatterGather : 0;
    address.sxdp_flags = static_cast<std::uint16_t>(mode | XDP_USE_NEED_WAKEUP | parts);
  }
  for (int attempt = 0;; ++attempt) {
    if (::bind(fd(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return;
    if (errno != EBUSY || attempt == kBusyRetries)
      throw_errno("interface " + ifname_ + ": bind an AF_XDP socket to queue " +
                  std::to_string(options.queue));
    std::this_thread::sleep_for(kBusyPause);
  }
}

}  // namespace millrace
