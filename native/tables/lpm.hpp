#pragma once
// Longest-prefix match: a multibit trie with a 16-bit root and 8-bit strides below, leaves pushed
// down, so that an IPv4 lookup is one to three loads. One writer (the control thread) changes
// single entries atomically; any worker reads meanwhile. Removed nodes are reused only after
// reclaim(), which the writer calls once every reader has passed a quiescent state.
#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "base/bytes.hpp"

namespace millrace {

class Lpm {
 public:
  static constexpr std::uint32_t kNone = 0;
  static constexpr std::uint32_t kMaxValue = (1u << 23) - 1;

  // address_bytes: 4 for IPv4, 16 for IPv6.
  explicit Lpm(std::uint32_t address_bytes);
  ~Lpm();
  Lpm(const Lpm&) = delete;
  Lpm& operator=(const Lpm&) = delete;

  // prefix: address_bytes bytes, host bits zero. value: 1 to kMaxValue. Replaces an equal prefix.
  void insert(const std::uint8_t* prefix, std::uint32_t length, std::uint32_t value);
  // False when there is no such prefix.
  bool erase(const std::uint8_t* prefix, std::uint32_t length);
  std::size_t size() const { return routes_.size(); }

  // Frees the nodes that erase() took out. Precondition: no reader still holds an older view.
  void reclaim();
  std::size_t nodes_in_use() const { return nodes_used_ - free_nodes_.size() - retired_.size(); }

  std::uint32_t lookup(Ip4 address) const {
    Entry entry = root_[address >> 16].load(std::memory_order_acquire);
    if (is_node(entry)) entry = child(entry, (address >> 8) & 0xff);
    if (is_node(entry)) entry = child(entry, address & 0xff);
    return entry & kMaxValue;
  }

  std::uint32_t lookup(const Ip6& address) const {
    Entry entry = root_[load_be16(address.bytes.data())].load(std::memory_order_acquire);
    for (std::uint32_t byte = 2; is_node(entry); ++byte) entry = child(entry, address.bytes[byte]);
    return entry & kMaxValue;
  }

 private:
  // Leaf: 8 bits of prefix length, 23 bits of value. Node: the top bit and an index.
  using Entry = std::uint32_t;
  using Table = std::atomic<Entry>*;
  using Key = std::array<std::uint8_t, 17>;  // address bytes and, last, the length
  struct Node {
    std::array<std::atomic<Entry>, 256> entries;
  };
  static constexpr std::uint32_t kRootBits = 16;
  static constexpr Entry kNodeFlag = 0x80000000u;
  static constexpr std::uint32_t kChunkNodes = 256;
  static constexpr std::uint32_t kMaxChunks = 4096;

  static bool is_node(Entry entry) { return (entry & kNodeFlag) != 0; }
  static Entry leaf(std::uint32_t length, std::uint32_t value) { return (length << 23) | value; }
  static std::uint32_t length_of(Entry entry) { return (entry >> 23) & 0xff; }

  Node& node(Entry entry) const {
    const std::uint32_t index = entry & ~kNodeFlag;
    return chunks_[index / kChunkNodes][index % kChunkNodes];
  }
  Entry child(Entry entry, std::uint32_t slot) const {
    return node(entry).entries[slot].load(std::memory_order_acquire);
  }

  struct Change {  // replaces leaves whose length is within [shortest, longest] by leaf
    const std::uint8_t* prefix;
    std::uint32_t length;
    std::uint32_t shortest;
    std::uint32_t longest;
    Entry leaf;
  };
  void apply(const Change& change, Table table, std::uint32_t first_bit, std::uint32_t bits);
  void descend(const Change& change, std::atomic<Entry>& slot, std::uint32_t next_bit);
  void replace(const Change& change, std::atomic<Entry>& slot);
  bool collapse(std::atomic<Entry>& slot, std::uint32_t first_bit);
  Entry new_node(Entry fill);
  Key key(const std::uint8_t* prefix, std::uint32_t length) const;
  Entry covering_leaf(const std::uint8_t* prefix, std::uint32_t length) const;

  const std::uint32_t address_bytes_;
  Table root_;
  std::array<std::unique_ptr<Node[]>, kMaxChunks> chunks_;
  std::uint32_t nodes_used_ = 0;
  std::vector<Entry> free_nodes_;
  std::vector<Entry> retired_;
  std::map<Key, std::uint32_t> routes_;
};

}  // namespace millrace
