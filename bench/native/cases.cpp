#include <algorithm>

#include "native/case.hpp"

namespace millrace::bench {

namespace {

std::vector<Case> all_cases() {
  std::vector<Case> all;
  for (const auto& cases : {lpm_cases, fdb_cases, neighbour_cases, next_hop_cases, flow_hash_cases,
                            checksum_cases, frame_pool_cases, graph_cases, vxlan_cases})
    std::ranges::move(cases(), std::back_inserter(all));
  return all;
}

}  // namespace

std::vector<Case> chosen_cases(const std::vector<std::string>& names) {
  std::vector<Case> all = all_cases();
  if (names.empty()) return all;
  std::vector<Case> chosen;
  for (const std::string& name : names) {
    const auto found = std::ranges::find(all, name, &Case::name);
    if (found == all.end()) throw std::invalid_argument("there is no case " + name);
    chosen.push_back(*found);
  }
  return chosen;
}

}  // namespace millrace::bench
