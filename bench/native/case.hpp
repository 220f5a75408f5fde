#pragma once
// Hot paths of the native tables and of the graph, each by itself. Two programs run the same cases:
// time.cpp measures how long they take, count.cpp how many instructions.
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace millrace::bench {

struct Case {
  std::string name;
  // What one call does: a burst, as workers do, so that the call itself does not count.
  std::uint32_t operations;
  // Fills the tables and returns the call, which owns them. Throws std::logic_error when the
  // operation does not do what the case is about.
  std::function<std::function<void()>()> prepare;
  bool counted = true;  // false: filling the tables takes too long where instructions are counted
};

constexpr std::uint32_t kOperations = 64;

// The compiler has to work the value out.
template <class Value>
void use(const Value& value) {
  asm volatile("" : : "r,m"(value) : "memory");
}

inline void require(bool holds, const char* what) {
  if (!holds) throw std::logic_error(what);
}

// A call that works on a State, which is made once: State::run() is one call.
template <class State, class... Args>
auto prepare(Args... args) {
  return [args...]() -> std::function<void()> {
    auto state = std::make_shared<State>(args...);
    return [state = std::move(state)] { state->run(); };
  };
}

// Of each table, from the file of its name.
std::vector<Case> checksum_cases();
std::vector<Case> fdb_cases();
std::vector<Case> flow_hash_cases();
std::vector<Case> frame_pool_cases();
std::vector<Case> graph_cases();
std::vector<Case> lpm_cases();
std::vector<Case> neighbour_cases();
std::vector<Case> next_hop_cases();
std::vector<Case> vxlan_cases();

// All of them. names empty: every one. Throws std::invalid_argument for an unknown name.
std::vector<Case> chosen_cases(const std::vector<std::string>& names);

}  // namespace millrace::bench
