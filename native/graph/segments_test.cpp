#include "graph/segments.hpp"

#include <gtest/gtest.h>

#include "engine/frame_pool.hpp"
#include "graph/checksum_offload.hpp"
#include "graph/test_packets.hpp"

namespace millrace {

namespace {

// One packet in parts of the sizes given, the rest in a last one.
class SegmentsTest : public ::testing::Test {
 protected:
  Packet packet_of(const Bytes& bytes, std::vector<std::size_t> sizes) {
    std::size_t given = 0;
    for (std::size_t& size : sizes) given += size = std::min(size, bytes.size() - given);
    if (given < bytes.size()) sizes.push_back(bytes.size() - given);
    Packet packet;
    packet.frame = pool.take();
    packet.data = umem.frame(packet.frame) + 256;
    packet.length = static_cast<std::uint32_t>(bytes.size());
    std::copy_n(bytes.begin(), sizes[0], packet.data);
    std::uint32_t* link = &packet.tail;
    std::size_t at = sizes[0];
    for (std::size_t i = 1; i < sizes.size(); at += sizes[i++]) {
      const std::uint32_t frame = *link = pool.take();
      frames()[frame] = {kNoFrame, static_cast<std::uint16_t>(i * 13),
                         static_cast<std::uint16_t>(sizes[i]), kNoOwner};
      std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), sizes[i], frames().data(frame));
      packet.tail_length += static_cast<std::uint32_t>(sizes[i]);
      link = &frames()[frame].next;
    }
    return packet;
  }
  Bytes bytes_of(const Packet& packet) {
    Bytes bytes;
    for_each_segment(packet, frames(), 0, [&](const std::uint8_t* p, std::uint32_t n) {
      bytes.insert(bytes.end(), p, p + n);
    });
    return bytes;
  }
  FrameTable& frames() { return pool.table(); }

  Umem umem{64, 2048, Hugepages::kOff};
  FramePool pool{umem};
};

const std::vector<std::vector<std::size_t>> kWays = {
    {}, {60}, {61}, {60, 1}, {61, 1}, {60, 1, 1, 1}, {61, 500, 33}, {97, 101, 103, 107}, {1499}};

TEST_F(SegmentsTest, VisitsEveryByteOnceInOrder) {
  const Bytes bytes = counting(1500);
  for (const auto& way : kWays) EXPECT_EQ(hex(bytes_of(packet_of(bytes, way))), hex(bytes));
}

TEST_F(SegmentsTest, BeginsInsideTheFirstPart) {
  const Packet packet = packet_of(counting(100), {50, 25});
  std::vector<std::uint32_t> lengths;
  for_each_segment(packet, frames(), 34,
                   [&](const std::uint8_t*, std::uint32_t n) { lengths.push_back(n); });
  EXPECT_EQ(lengths, (std::vector<std::uint32_t>{16, 25, 25}));
}

TEST_F(SegmentsTest, SumsPartsOfOddLengthAsIfTheyWereOne) {
  for (const std::size_t length : {1500u, 1501u}) {
    const Bytes bytes = counting(length);
    for (const auto& way : kWays)
      for (const std::uint32_t offset : {0u, 33u, 34u}) {
        const Packet packet = packet_of(bytes, way);
        std::uint8_t sum[2];
        const std::uint16_t folded = packet_sum(packet, frames(), offset);
        std::memcpy(sum, &folded, 2);
        EXPECT_EQ(load_be16(sum), reference_sum(std::span(bytes).subspan(offset)))
            << way.size() << " parts, from " << offset;
        pool.put_chain(packet.tail);
        pool.put(packet.frame);
      }
  }
}

struct Case {
  std::uint8_t protocol;
  std::uint16_t field;
  Bytes payload;
};

Bytes frame_with(const Case& c, Checksum checksum) {
  Bytes frame = ethernet({}, {}, kEtherTypeIp4,
                         ip4_packet({.source = ip4_address(10, 1, 0, 2),
                                     .destination = ip4_address(10, 1, 0, 3),
                                     .protocol = c.protocol},
                                    c.payload));
  set_checksum(frame, {c.protocol, 34, c.field}, checksum);
  return frame;
}

TEST_F(SegmentsTest, CompletesTheChecksumOfAPacketInSeveralParts) {
  for (const Case& c :
       {Case{kProtoUdp, 6, udp(counting(1400))}, Case{kProtoTcp, 16, tcp(counting(1401))}})
    for (const auto& way : kWays) {
      Packet packet = packet_of(frame_with(c, Checksum::kPartial), way);
      note_partial_checksum4(packet, 20, frames());
      ASSERT_EQ(packet.checksum_start, 34) << "not recognised in " << way.size() << " parts";
      complete_checksum(packet, frames());
      EXPECT_EQ(hex(bytes_of(packet)), hex(frame_with(c, Checksum::kRight)));
      EXPECT_EQ(packet.checksum_start, 0);
      pool.put_chain(packet.tail);
      pool.put(packet.frame);
    }
}

TEST_F(SegmentsTest, LeavesAChecksumOfTheSenderAlone) {
  const Case c{kProtoUdp, 6, udp(counting(1400))};
  for (const Checksum checksum : {Checksum::kRight, Checksum::kWrong, Checksum::kNone}) {
    Packet packet = packet_of(frame_with(c, checksum), {61, 500});
    note_partial_checksum4(packet, 20, frames());
    EXPECT_EQ(packet.checksum_start, 0);
    EXPECT_EQ(hex(bytes_of(packet)), hex(frame_with(c, checksum)));
  }
}

TEST_F(SegmentsTest, CompletesTheCrcOfSctpOverAllParts) {
  Bytes sctp = counting(1300);
  std::fill_n(sctp.begin() + 8, 4, std::uint8_t{0});
  const Bytes frame =
      ethernet({}, {}, kEtherTypeIp4,
               ip4_packet({.source = 1, .destination = 2, .protocol = kProtoSctp}, sctp));
  const std::uint32_t crc = reference_crc32c(sctp);
  Bytes expected = frame;
  for (int i = 0; i < 4; ++i) expected[34 + 8 + i] = static_cast<std::uint8_t>(crc >> (8 * i));
  for (const auto& way : kWays) {
    Packet packet = packet_of(frame, way);
    note_partial_checksum4(packet, 20, frames());
    EXPECT_EQ(hex(bytes_of(packet)), hex(expected)) << way.size() << " parts";
    EXPECT_EQ(packet.checksum_start, 0);
    pool.put_chain(packet.tail);
    pool.put(packet.frame);
  }
}

}  // namespace

}  // namespace millrace
