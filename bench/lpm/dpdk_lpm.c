// DPDK's side of the LPM benchmark: loads the synthetic table into rte_lpm(6) or rte_fib(6), then
// measures once per line of standard input. Prints what millrace_lpm prints.
//   dpdk_lpm [EAL options] -- lpm|fib 4|6 routes keys seconds
#include <errno.h>
#include <inttypes.h>
#include <rte_eal.h>
#include <rte_fib.h>
#include <rte_fib6.h>
#include <rte_lpm.h>
#include <rte_lpm6.h>
#include <rte_malloc.h>
#include <rte_memory.h>
#include <rte_rib.h>
#include <rte_rib6.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#include "table.h"

enum { kBurst = 64 };

static struct table table;
static struct rte_lpm* lpm4;
static struct rte_lpm6* lpm6;
static struct rte_fib* fib4;
static struct rte_fib6* fib6;
static const char* lookup_kind = "bulk";

struct keys {
  uint32_t count;
  uint32_t* ip4;
  uint8_t (*ip6)[16];
};

// EAL takes memory without hugetlbfs from a memfd, which gets no transparent huge pages here.
// Without memfd it takes anonymous memory, which does: the peer shall not pay for small pages.
int memfd_create(const char* name, unsigned int flags) {
  (void)name;
  (void)flags;
  errno = ENOSYS;
  return -1;
}

static int prefer_huge(const struct rte_memseg_list* list, void* argument) {
  (void)argument;
  madvise(list->base_va, list->len, MADV_HUGEPAGE);
  return 0;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void need(int fine, const char* what) {
  if (fine) return;
  fprintf(stderr, "%s failed\n", what);
  exit(1);
}

static void create_lpm4(uint32_t routes) {
  const struct rte_lpm_config config = {.max_rules = routes + 1, .number_tbl8s = 1 << 14};
  lpm4 = rte_lpm_create("lpm4", SOCKET_ID_ANY, &config);
  need(lpm4 != NULL, "rte_lpm_create");
}

static void create_lpm6(uint32_t routes) {
  const struct rte_lpm6_config config = {.max_rules = routes + 1, .number_tbl8s = 1 << 17};
  lpm6 = rte_lpm6_create("lpm6", SOCKET_ID_ANY, &config);
  need(lpm6 != NULL, "rte_lpm6_create");
}

// Entries of 2 bytes hold the 1000 next hops of the table, and are the fastest.
static void create_fib4(uint32_t routes) {
  struct rte_fib_conf config = {.type = RTE_FIB_DIR24_8, .default_nh = 0, .max_routes = routes + 1};
  config.dir24_8.nh_sz = RTE_FIB_DIR24_8_2B;
  config.dir24_8.num_tbl8 = 1 << 14;
  fib4 = rte_fib_create("fib4", SOCKET_ID_ANY, &config);
  need(fib4 != NULL, "rte_fib_create");
  lookup_kind = "avx512";
  if (rte_fib_select_lookup(fib4, RTE_FIB_LOOKUP_DIR24_8_VECTOR_AVX512) == 0) return;
  lookup_kind = "scalar";
  need(rte_fib_select_lookup(fib4, RTE_FIB_LOOKUP_DIR24_8_SCALAR_MACRO) == 0, "select_lookup");
}

// It reserves more groups below /24 than it uses, and 2^19 are too few for the updates.
static void create_fib6(uint32_t routes) {
  struct rte_fib6_conf config = {.type = RTE_FIB6_TRIE, .default_nh = 0, .max_routes = routes + 1};
  config.trie.nh_sz = RTE_FIB6_TRIE_4B;
  config.trie.num_tbl8 = 1 << 20;
  fib6 = rte_fib6_create("fib6", SOCKET_ID_ANY, &config);
  need(fib6 != NULL, "rte_fib6_create");
  lookup_kind = "avx512";
  if (rte_fib6_select_lookup(fib6, RTE_FIB6_LOOKUP_TRIE_VECTOR_AVX512) == 0) return;
  lookup_kind = "scalar";
  need(rte_fib6_select_lookup(fib6, RTE_FIB6_LOOKUP_TRIE_SCALAR) == 0, "select_lookup");
}

static int add(const struct table_prefix* route) {
  const uint32_t ip = (uint32_t)(route->high >> 32);
  const uint8_t length = (uint8_t)route->length;
  uint8_t bytes[16];
  table_address(route, bytes);
  if (lpm4 != NULL) return rte_lpm_add(lpm4, ip, length, route->hop);
  if (lpm6 != NULL) return rte_lpm6_add(lpm6, bytes, length, route->hop);
  if (fib4 != NULL) return rte_fib_add(fib4, ip, length, route->hop);
  return rte_fib6_add(fib6, bytes, length, route->hop);
}

static int erase(const struct table_prefix* route) {
  const uint32_t ip = (uint32_t)(route->high >> 32);
  const uint8_t length = (uint8_t)route->length;
  uint8_t bytes[16];
  table_address(route, bytes);
  if (lpm4 != NULL) return rte_lpm_delete(lpm4, ip, length);
  if (lpm6 != NULL) return rte_lpm6_delete(lpm6, bytes, length);
  if (fib4 != NULL) return rte_fib_delete(fib4, ip, length);
  return rte_fib6_delete(fib6, bytes, length);
}

static double load(void) {
  const double begin = now();
  for (uint32_t i = 0; i < table.count; ++i) need(add(&table.routes[i]) == 0, "add");
  return now() - begin;
}

static uint64_t sum_lpm4(const uint32_t* hops) {
  uint64_t sum = 0;
  for (int i = 0; i < kBurst; ++i) sum += hops[i] & RTE_LPM_LOOKUP_SUCCESS ? hops[i] & 0xffffff : 0;
  return sum;
}

static uint64_t sum_lpm6(const int32_t* hops) {
  uint64_t sum = 0;
  for (int i = 0; i < kBurst; ++i) sum += hops[i] > 0 ? (uint32_t)hops[i] : 0;
  return sum;
}

static uint64_t sum_fib(const uint64_t* hops) {
  uint64_t sum = 0;
  for (int i = 0; i < kBurst; ++i) sum += hops[i];
  return sum;
}

static uint64_t lookup_burst(const struct keys* keys, uint32_t at) {
  uint32_t hops4[kBurst];
  int32_t hops6[kBurst];
  uint64_t hops[kBurst];
  if (lpm4 != NULL) {
    rte_lpm_lookup_bulk(lpm4, keys->ip4 + at, hops4, kBurst);
    return sum_lpm4(hops4);
  }
  if (lpm6 != NULL) {
    rte_lpm6_lookup_bulk_func(lpm6, keys->ip6 + at, hops6, kBurst);
    return sum_lpm6(hops6);
  }
  if (fib4 != NULL)
    rte_fib_lookup_bulk(fib4, keys->ip4 + at, hops, kBurst);
  else
    rte_fib6_lookup_bulk(fib6, keys->ip6 + at, hops, kBurst);
  return sum_fib(hops);
}

static uint64_t lookup_all(const struct keys* keys) {
  uint64_t sum = 0;
  for (uint32_t at = 0; at + kBurst <= keys->count; at += kBurst) sum += lookup_burst(keys, at);
  return sum;
}

static double time_lookups(const struct keys* keys, double seconds, uint64_t* sum) {
  const uint64_t expected = lookup_all(keys);
  uint64_t lookups = 0;
  const double begin = now();
  while (now() - begin < seconds) {
    need(lookup_all(keys) == expected, "lookup");
    lookups += keys->count / kBurst * kBurst;
  }
  *sum += expected;
  return (now() - begin) * 1e9 / (double)lookups;
}

// Takes random routes out and puts them back.
static double updates_per_second(double seconds) {
  const double begin = now();
  uint64_t updates = 0;
  while (now() - begin < seconds) {
    for (int i = 0; i < 32; ++i, updates += 2) {
      const struct table_prefix* route = &table.routes[table_below(&table, table.count)];
      need(erase(route) == 0 && add(route) == 0, "update");
    }
  }
  return (double)updates / (now() - begin);
}

static struct keys new_keys(uint32_t count) {
  struct keys keys = {count, malloc(count * sizeof(uint32_t)), malloc(count * sizeof(uint8_t[16]))};
  need(keys.ip4 != NULL && keys.ip6 != NULL, "malloc");
  return keys;
}

static void set_key(struct keys* keys, uint32_t at, struct table_prefix key) {
  keys->ip4[at] = (uint32_t)(key.high >> 32);
  table_address(&key, keys->ip6[at]);
}

static void measure(const struct keys* inside, const struct keys* uniform, double seconds) {
  char line[16];
  while (fgets(line, sizeof(line), stdin) != NULL) {
    uint64_t sum = 0;
    const double ns = time_lookups(inside, seconds, &sum);
    const double uniform_ns = time_lookups(uniform, seconds / 2, &sum);
    const double updates = updates_per_second(seconds / 2);
    printf("{\"ns\":%.3f,\"uniform_ns\":%.3f,\"updates\":%.0f,\"sum\":%" PRIu64 "}\n", ns,
           uniform_ns, updates, sum);
    fflush(stdout);
  }
}

int main(int argc, char** argv) {
  const int used = rte_eal_init(argc, argv);
  need(used >= 0, "rte_eal_init");
  argc -= used;
  argv += used;
  need(argc == 6, "reading the arguments: lpm|fib 4|6 routes keys seconds");
  rte_memseg_list_walk(prefer_huge, NULL);
  const int fib = argv[1][0] == 'f', ip6 = argv[2][0] == '6';
  const uint32_t count = (uint32_t)atoi(argv[4]);
  table = table_make((uint32_t)atoi(argv[3]), ip6);
  struct keys inside = new_keys(count), uniform = new_keys(count);
  for (uint32_t i = 0; i < count; ++i) {
    set_key(&inside, i, table_key(&table));
    const uint64_t high = table_random(&table);
    set_key(&uniform, i, (struct table_prefix){high, table_random(&table), 0, 0});
  }
  (ip6 ? fib ? create_fib6 : create_lpm6 : fib ? create_fib4 : create_lpm4)(table.count);
  const double load_seconds = load();
  struct rte_malloc_socket_stats memory;
  rte_malloc_get_socket_stats(0, &memory);
  printf("{\"lookup\":\"%s\",\"load_s\":%.3f,\"bytes\":%zu}\n", lookup_kind, load_seconds,
         memory.heap_allocsz_bytes);
  fflush(stdout);
  measure(&inside, &uniform, atof(argv[5]));
}
