#include "base/checksum.hpp"

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace millrace {

namespace {

constexpr std::uint32_t kBlock = 64;

// 32-bit words widened to 64 bits, so that nothing carries: 2^32 blocks would fit.
std::uint64_t sum_plain(const std::uint8_t* p, std::uint32_t blocks) {
  std::uint64_t even = 0;
  std::uint64_t odd = 0;
  for (; blocks != 0; --blocks)
    for (std::uint32_t i = 0; i < kBlock; i += 8, p += 8) {
      std::uint64_t word;
      std::memcpy(&word, p, 8);
      even += word & 0xffffffff;
      odd += word >> 32;
    }
  return even + odd;
}

#ifdef __x86_64__
__attribute__((target("avx2"))) std::uint64_t sum_avx2(const std::uint8_t* p,
                                                       std::uint32_t blocks) {
  const __m256i mask = _mm256_set1_epi64x(0xffffffff);
  __m256i even = _mm256_setzero_si256();
  __m256i odd = _mm256_setzero_si256();
  for (; blocks != 0; --blocks)
    for (std::uint32_t i = 0; i < kBlock; i += 32, p += 32) {
      const __m256i words = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
      even = _mm256_add_epi64(even, _mm256_and_si256(words, mask));
      odd = _mm256_add_epi64(odd, _mm256_srli_epi64(words, 32));
    }
  alignas(32) std::uint64_t lanes[4];
  _mm256_store_si256(reinterpret_cast<__m256i*>(lanes), _mm256_add_epi64(even, odd));
  return lanes[0] + lanes[1] + lanes[2] + lanes[3];
}

const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;
#endif

}  // namespace

std::uint64_t checksum_add_blocks(const std::uint8_t* p, std::uint32_t blocks) {
#ifdef __x86_64__
  if (has_avx2) return sum_avx2(p, blocks);
#endif
  return sum_plain(p, blocks);
}

}  // namespace millrace
