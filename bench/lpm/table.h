#pragma once
// The same synthetic Internet table and lookup keys for every subject of the LPM benchmark, in C
// for the DPDK program too. Prefix lengths are distributed as in the global tables; prefixes come
// in runs of neighbours and, the longer ones, mostly inside shorter ones, as allocations do.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// Left-aligned address bits; IPv4 uses the upper half of high.
struct table_prefix {
  uint64_t high;
  uint64_t low;
  uint32_t length;
  uint32_t hop;
};

struct table_mix {
  uint32_t length;
  uint32_t share;  // of 100 000 routes
};

struct table {
  struct table_prefix* routes;
  uint32_t count;
  uint32_t* index;  // hash of the prefixes, to keep them distinct
  uint32_t index_mask;
  uint32_t allocations;  // the first of the routes: those up to /32
  uint64_t random;
};

// Next hops a router has; DPDK's smaller entries (15 bits) can hold them.
static const uint32_t kTableHops = 1000;

static const struct table_mix kTableMix4[] = {
    {8, 2},     {9, 2},     {10, 4},     {11, 10},    {12, 30},    {13, 60},
    {14, 120},  {15, 200},  {16, 1400},  {17, 850},   {18, 1400},  {19, 2600},
    {20, 4500}, {21, 5200}, {22, 11200}, {23, 10100}, {24, 62022}, {25, 50},
    {26, 50},   {27, 40},   {28, 40},    {29, 50},    {30, 40},    {32, 30}};

static const struct table_mix kTableMix6[] = {
    {19, 5},    {20, 10},   {22, 10},    {24, 150},  {26, 20},   {27, 20},  {28, 450},   {29, 3000},
    {30, 400},  {31, 300},  {32, 12000}, {33, 1100}, {34, 900},  {35, 700}, {36, 5000},  {37, 300},
    {38, 800},  {39, 300},  {40, 9500},  {41, 300},  {42, 1800}, {43, 400}, {44, 11000}, {45, 1200},
    {46, 3000}, {47, 2000}, {48, 44535}, {56, 250},  {64, 450},  {128, 100}};

// splitmix64 (Steele, Lea, Flood 2014).
static inline uint64_t table_random(struct table* table) {
  uint64_t z = table->random += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static inline uint32_t table_below(struct table* table, uint32_t limit) {
  return (uint32_t)(((table_random(table) >> 32) * limit) >> 32);
}

// Most often among the first: a few networks announce a large part of all routes.
static inline uint32_t table_skewed(struct table* table, uint32_t limit) {
  const uint64_t a = table_below(table, limit);
  return (uint32_t)(a * table_below(table, limit) / limit);
}

static inline void table_mask(struct table_prefix* prefix) {
  const uint32_t length = prefix->length;
  if (length < 64) prefix->high &= length == 0 ? 0 : ~(uint64_t)0 << (64 - length);
  if (length <= 64)
    prefix->low = 0;
  else if (length < 128)
    prefix->low &= ~(uint64_t)0 << (128 - length);
}

// The next prefix of the same length.
static inline void table_step(struct table_prefix* prefix) {
  if (prefix->length <= 64) {
    prefix->high += (uint64_t)1 << (64 - prefix->length);
  } else {
    prefix->low += (uint64_t)1 << (128 - prefix->length);
    prefix->high += prefix->low == 0;
  }
}

// False when it is in the table already, or not a unicast address.
static inline int table_add(struct table* table, const struct table_prefix* prefix, int ip6) {
  const uint64_t first = prefix->high >> 56;
  if (ip6 ? first < 0x20 || first > 0x3f : first == 0 || first == 10 || first == 127 || first > 223)
    return 0;
  uint64_t hash = (prefix->high ^ prefix->low * 0x9e3779b97f4a7c15u) + prefix->length;
  hash = (hash ^ (hash >> 31)) * 0xbf58476d1ce4e5b9u;
  uint32_t slot = (uint32_t)(hash >> 32) & table->index_mask;
  for (; table->index[slot] != 0; slot = (slot + 1) & table->index_mask) {
    const struct table_prefix* other = &table->routes[table->index[slot] - 1];
    if (other->high == prefix->high && other->low == prefix->low && other->length == prefix->length)
      return 0;
  }
  table->routes[table->count++] = *prefix;
  table->index[slot] = table->count;
  return 1;
}

// Where a run of prefixes of this length begins: in one of the `shorter` first routes, or anywhere.
static inline struct table_prefix table_start4(struct table* table, uint32_t length,
                                               uint32_t shorter) {
  struct table_prefix prefix = {table_random(table), 0, length, 0};
  if (shorter > 0 && (length > 24 || table_below(table, 100) < 55)) {
    const struct table_prefix* parent = &table->routes[table_below(table, shorter)];
    prefix.high = parent->high | (prefix.high >> parent->length);
  }
  table_mask(&prefix);
  return prefix;
}

// Registries' blocks hold networks at multiples of a /29; a network numbers its sites from below.
static inline struct table_prefix table_start6(struct table* table, uint32_t length,
                                               uint32_t shorter) {
  static const uint64_t kBlocks[] = {0x2a00, 0x2a00, 0x2a00, 0x2400, 0x2400,
                                     0x2600, 0x2600, 0x2800, 0x2001, 0x2c00};
  struct table_prefix prefix = {0, 0, length, 0};
  if (length <= 32 || shorter == 0) {
    const uint64_t block = kBlocks[table_below(table, 10)];
    const uint32_t bits = block == 0x2001 ? 15 : 17;
    prefix.high = block << 48 | (uint64_t)table_below(table, 1u << bits) << 35;
  } else {
    const struct table_prefix* parent = &table->routes[table_skewed(table, shorter)];
    const uint32_t bits = length - parent->length;
    const uint32_t number = table_skewed(table, bits >= 31 ? 1u << 31 : 1u << bits);
    prefix.high = parent->high;
    prefix.low = parent->low;
    if (length <= 64)
      prefix.high |= (uint64_t)number << (64 - length);
    else
      prefix.low |= (uint64_t)number << (128 - length);
  }
  table_mask(&prefix);
  return prefix;
}

static inline void table_fill(struct table* table, uint32_t length, uint32_t wanted, int ip6) {
  // Longer IPv6 prefixes lie in allocations, which are /32 or shorter; hosts in anything.
  if (length <= 32) table->allocations = table->count;
  const uint32_t shorter = ip6 && length <= 64 ? table->allocations : table->count;
  const uint32_t target = table->count + wanted;
  while (table->count < target) {
    struct table_prefix prefix =
        ip6 ? table_start6(table, length, shorter) : table_start4(table, length, shorter);
    prefix.hop = 1 + table_below(table, kTableHops);
    do {
      table_add(table, &prefix, ip6);
      if (table_below(table, 100) < 30) prefix.hop = 1 + table_below(table, kTableHops);
      table_step(&prefix);
    } while (table->count < target && table_below(table, 100) < 60);
  }
}

static inline void table_shuffle(struct table* table) {
  for (uint32_t i = table->count; i > 1; --i) {
    const uint32_t other = table_below(table, i);
    const struct table_prefix swapped = table->routes[i - 1];
    table->routes[i - 1] = table->routes[other];
    table->routes[other] = swapped;
  }
}

// A table of `count` routes in random order.
static inline struct table table_make(uint32_t count, int ip6) {
  const struct table_mix* mix = ip6 ? kTableMix6 : kTableMix4;
  const size_t lengths =
      ip6 ? sizeof(kTableMix6) / sizeof(kTableMix6[0]) : sizeof(kTableMix4) / sizeof(kTableMix4[0]);
  struct table table = {NULL, 0, NULL, 0, 0, 1};
  uint32_t slots = 1;
  while (slots < count * 2) slots *= 2;
  table.index_mask = slots - 1;
  table.index = (uint32_t*)calloc(slots, sizeof(uint32_t));
  table.routes = (struct table_prefix*)malloc(count * sizeof(struct table_prefix));
  if (table.index == NULL || table.routes == NULL) abort();
  for (size_t i = 0; i < lengths; ++i) {
    const uint32_t share = (uint32_t)((uint64_t)count * mix[i].share / 100000);
    table_fill(&table, mix[i].length, i + 1 < lengths ? share : count - table.count, ip6);
  }
  table_shuffle(&table);
  free(table.index);
  table.index = NULL;
  return table;
}

// An address inside a random route of the table.
static inline struct table_prefix table_key(struct table* table) {
  struct table_prefix host = {table_random(table), table_random(table), 0, 0};
  const struct table_prefix* route = &table->routes[table_below(table, table->count)];
  struct table_prefix prefix = host;
  prefix.length = route->length;
  table_mask(&prefix);
  host.high ^= prefix.high ^ route->high;
  host.low ^= prefix.low ^ route->low;
  return host;
}

static inline void table_address(const struct table_prefix* prefix, uint8_t* bytes) {
  for (int i = 0; i < 8; ++i) {
    bytes[i] = (uint8_t)(prefix->high >> (56 - 8 * i));
    bytes[8 + i] = (uint8_t)(prefix->low >> (56 - 8 * i));
  }
}
