#include <linux/if_xdp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xdp/xsk.h>

#include <memory>
#include <vector>

#include "process.hpp"
#include "source.hpp"

namespace traffic {
namespace {

constexpr uint32_t kFrames = 8192;
constexpr uint32_t kFrameSize = 2048;
// Linux 6.17 and newer; older kernels refuse the option and send at most 32 frames per call.
constexpr int kMaxTxSkbBudget = 9;
constexpr int kBusyRetries = 60;
constexpr useconds_t kBusyRetryDelay = 50'000;

/** A transmit-only AF_XDP socket on queue 0 with frames that all hold the template. */
class TransmitSocket {
 public:
  explicit TransmitSocket(const Load& load)
      : batch_(load.batch), head_(static_cast<uint32_t>(load.head.size())) {
    void* memory = mmap(nullptr, size_t{kFrames} * kFrameSize, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (memory == MAP_FAILED) fail("map frames", errno);
    memory_ = static_cast<uint8_t*>(memory);
    for (uint32_t i = 0; i < kFrames; i++) {
      uint8_t* at = memory_ + size_t{i} * kFrameSize;
      if (head_ > 0) std::memcpy(at, load.head.data(), head_);
      std::memcpy(at + head_, load.frame.data(), FRAME_BYTES);
      free_.push_back(uint64_t{i} * kFrameSize);
    }
    open(load.ifname);
  }

  TransmitSocket(const TransmitSocket&) = delete;
  TransmitSocket& operator=(const TransmitSocket&) = delete;

  ~TransmitSocket() {
    if (socket_ != nullptr) xsk_socket__delete(socket_);
    if (umem_ != nullptr) xsk_umem__delete(umem_);
    munmap(memory_, size_t{kFrames} * kFrameSize);
  }

  /** Queues one batch when frames are free; `prepare` may change each frame. Returns its size. */
  template <typename Prepare>
  uint32_t queue(Prepare prepare) {
    reclaim();
    uint32_t at = 0;
    if (free_.size() < batch_ || xsk_ring_prod__reserve(&tx_, batch_, &at) != batch_) return 0;
    for (uint32_t i = 0; i < batch_; i++) {
      const uint64_t address = free_.back();
      free_.pop_back();
      prepare(memory_ + address + head_);
      *xsk_ring_prod__tx_desc(&tx_, at + i) = {
          .addr = address, .len = head_ + FRAME_BYTES, .options = 0};
    }
    xsk_ring_prod__submit(&tx_, batch_);
    return batch_;
  }

  void kick() { sendto(xsk_socket__fd(socket_), nullptr, 0, MSG_DONTWAIT, nullptr, 0); }

 private:
  void open(const std::string& ifname) {
    xsk_umem_config umem{};
    umem.fill_size = 64;
    umem.comp_size = kFrames;
    umem.frame_size = kFrameSize;
    const int created = xsk_umem__create(&umem_, memory_, size_t{kFrames} * kFrameSize, &fill_,
                                         &completion_, &umem);
    if (created != 0) fail("register frames", -created);
    xsk_socket_config config{};
    config.tx_size = 4096;
    config.libbpf_flags = XSK_LIBBPF_FLAGS__INHIBIT_PROG_LOAD;
    config.bind_flags = XDP_COPY | XDP_USE_NEED_WAKEUP;
    // The kernel frees a closed socket's queue late: the previous run may still hold it.
    int bound = -EBUSY;
    for (int attempt = 0; bound == -EBUSY && attempt < kBusyRetries; attempt++) {
      if (attempt > 0) usleep(kBusyRetryDelay);
      bound = xsk_socket__create(&socket_, ifname.c_str(), 0, umem_, nullptr, &tx_, &config);
    }
    if (bound != 0) fail("bind AF_XDP to " + ifname, -bound);
    const int budget = static_cast<int>(batch_);
    setsockopt(xsk_socket__fd(socket_), SOL_XDP, kMaxTxSkbBudget, &budget, sizeof budget);
  }

  void reclaim() {
    uint32_t at = 0;
    const uint32_t done = xsk_ring_cons__peek(&completion_, batch_, &at);
    for (uint32_t i = 0; i < done; i++) {
      free_.push_back(*xsk_ring_cons__comp_addr(&completion_, at + i));
    }
    if (done > 0) xsk_ring_cons__release(&completion_, done);
  }

  uint32_t batch_;
  uint32_t head_;
  uint8_t* memory_ = nullptr;
  std::vector<uint64_t> free_;
  xsk_umem* umem_ = nullptr;
  xsk_socket* socket_ = nullptr;
  xsk_ring_prod fill_{};
  xsk_ring_cons completion_{};
  xsk_ring_prod tx_{};
};

}  // namespace

Sent send_skbs(const Load& load) {
  TransmitSocket socket(load);
  const uint32_t mask = load.flows - 1;
  const uint32_t sum = header_sum(load.frame);
  uint32_t index = 0;
  Sent sent{.frames = 0, .started = now_seconds(), .seconds = 0};
  while (sent.seconds < load.seconds) {
    for (int round = 0; round < 16; round++) {
      sent.frames += mask == 0 ? socket.queue([](uint8_t*) {}) : socket.queue([&](uint8_t* frame) {
        write_flow(frame, flow_at(index++, mask), sum);
      });
      socket.kick();
    }
    sent.seconds = now_seconds() - sent.started;
  }
  return sent;
}

}  // namespace traffic
