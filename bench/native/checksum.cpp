// Internet checksum over a header-sized and a full-sized payload, and the update of a hop.
#include "base/checksum.hpp"

#include <array>

#include "native/case.hpp"

namespace millrace::bench {

namespace {

struct Sums {
  explicit Sums(std::uint32_t bytes) : length(bytes), data(kOperations * length) {
    for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::uint8_t>(i * 7);
    require(length % 2 == 0 && of(0) == plain_sum(), "the checksum is wrong");
  }
  std::uint16_t of(std::uint32_t packet) const {
    return checksum_fold(checksum_add(0, &data[packet * length], length));
  }
  void run() const {
    for (std::uint32_t i = 0; i < kOperations; ++i) use(of(i));
  }
  std::uint16_t plain_sum() const {
    std::uint32_t sum = 0;
    for (std::uint32_t i = 0; i < length; i += 2)
      sum += static_cast<std::uint32_t>(data[i] | data[i + 1] << 8);
    while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(sum);
  }

  const std::uint32_t length;
  std::vector<std::uint8_t> data;
};

struct Hops {
  void run() {
    for (auto& [ttl, checksum] : headers) decrement_ttl(&ttl, checksum.data());
    use(headers);
  }
  struct Header {
    std::uint8_t ttl = 0;  // wraps round, which the sum does not mind
    std::array<std::uint8_t, 2> checksum{};
  };
  std::array<Header, kOperations> headers{};
};

}  // namespace

std::vector<Case> checksum_cases() {
  return {{"native-checksum-64", kOperations, prepare<Sums>(64u)},
          {"native-checksum-1460", kOperations, prepare<Sums>(1460u)},
          {"native-checksum-ttl", kOperations, prepare<Hops>()}};
}

}  // namespace millrace::bench
