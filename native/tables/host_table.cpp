#include "tables/host_table.hpp"

#include <bit>

namespace millrace {

namespace {

std::size_t hash(std::uint16_t vlan, const Ip6& address) {
  std::uint64_t high;
  std::uint64_t low;
  std::memcpy(&high, address.bytes.data(), 8);
  std::memcpy(&low, address.bytes.data() + 8, 8);
  std::uint64_t x = (high ^ vlan) * 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 32) ^ low) * 0xd6e8feb86659fd93u;
  return static_cast<std::size_t>(x ^ (x >> 32));
}

}  // namespace

Ip6 HostTable::mapped(Ip4 address) {
  Ip6 ip6;
  ip6.bytes[10] = ip6.bytes[11] = 0xff;
  store_be32(ip6.bytes.data() + 12, address);
  return ip6;
}

HostTable::HostTable() : current_(std::make_unique<const Table>(2)), published_(current_.get()) {}

HostTable::~HostTable() = default;

const HostTable::Host* HostTable::find(std::uint16_t vlan, const Ip6& address) const {
  const Table& table = *published_.load(std::memory_order_acquire);
  const std::size_t mask = table.size() - 1;
  for (std::size_t i = hash(vlan, address) & mask; table[i].used; i = (i + 1) & mask)
    if (table[i].vlan == vlan && table[i].address == address) return &table[i].host;
  return nullptr;
}

void HostTable::set(std::uint16_t vlan, const Ip6& address, const Host& host) {
  hosts_[{vlan, address}] = host;
}

bool HostTable::erase(std::uint16_t vlan, const Ip6& address) {
  return hosts_.erase({vlan, address}) != 0;
}

void HostTable::publish() {
  auto table = std::make_unique<Table>(std::bit_ceil(hosts_.size() * 2 + 2));
  const std::size_t mask = table->size() - 1;
  for (const auto& [key, host] : hosts_) {
    std::size_t i = hash(key.first, key.second) & mask;
    while ((*table)[i].used) i = (i + 1) & mask;
    (*table)[i] = {key.second, key.first, true, host};
  }
  published_.store(table.get(), std::memory_order_release);
  old_.push_back(std::exchange(current_, std::move(table)));
}

}  // namespace millrace
