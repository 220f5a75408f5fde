#pragma once
// Parts of include/uapi/linux/if_xdp.h that are younger than Debian 12's kernel headers.
#include <linux/if_xdp.h>

#include <cstdint>

namespace millrace::uapi {

// Linux 6.8, Documentation/networking/xsk-tx-metadata.rst
constexpr std::uint32_t kUmemTxMetadataLen = 1u << 2;   // XDP_UMEM_TX_METADATA_LEN
constexpr std::uint32_t kDescTxMetadata = 1u << 1;      // XDP_TX_METADATA
constexpr std::uint64_t kTxMetadataChecksum = 1u << 1;  // XDP_TXMD_FLAGS_CHECKSUM
// Linux 6.6, af_xdp.rst "Multi-buffer": packets that span several descriptors.
constexpr std::uint32_t kDescContinues = 1u << 0;      // XDP_PKT_CONTD
constexpr std::uint16_t kBindScatterGather = 1u << 4;  // XDP_USE_SG
// Linux 6.17: how many frames one sendto() may turn into skbs, 32 unless asked.
constexpr int kMaxTxSkbBudget = 9;  // XDP_MAX_TX_SKB_BUDGET

struct UmemReg {
  std::uint64_t addr;
  std::uint64_t len;
  std::uint32_t chunk_size;
  std::uint32_t headroom;
  std::uint32_t flags;
  std::uint32_t tx_metadata_len;
};
static_assert(sizeof(UmemReg) == 32);

struct TxMetadata {
  std::uint64_t flags;
  std::uint16_t checksum_start;
  std::uint16_t checksum_offset;
  std::uint32_t padding;
  std::uint64_t launch_time;
};
static_assert(sizeof(TxMetadata) == 24);

}  // namespace millrace::uapi
