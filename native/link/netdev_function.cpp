#include "link/netdev_function.hpp"

#include <algorithm>
#include <string_view>

namespace millrace {

namespace {

bool is_hex(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char digit) {
    return (digit >= '0' && digit <= '9') || (digit >= 'a' && digit <= 'f');
  });
}

// Of a VF, a subfunction or a PF elsewhere: "pf0vf3", "pf0sf1", "c1pf0" (devlink-port(8)).
bool is_representor(const NetdevLink& link) {
  return link.port_name.starts_with("pf") || link.port_name.starts_with("c");
}

}  // namespace

Belongs belongs_to(const NetdevLink& link, const std::string& address) {
  if (is_representor(link)) return Belongs::kNo;
  if (link.parent_bus == "pci") return link.parent == address ? Belongs::kYes : Belongs::kNo;
  return link.kind.empty() ? Belongs::kAskDriver : Belongs::kNo;
}

bool is_pci_address(const std::string& text) {
  constexpr std::size_t kTail = sizeof(":01:10.0") - 1;
  if (text.size() < 4 + kTail) return false;
  const std::string_view domain = std::string_view(text).substr(0, text.size() - kTail);
  const std::string_view tail = std::string_view(text).substr(domain.size());
  return is_hex(domain) && tail[0] == ':' && is_hex(tail.substr(1, 2)) && tail[3] == ':' &&
         is_hex(tail.substr(4, 2)) && tail[6] == '.' && tail[7] >= '0' && tail[7] <= '7';
}

}  // namespace millrace
