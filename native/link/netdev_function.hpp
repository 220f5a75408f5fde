#pragma once
// Which netdev belongs to a PCI function.
#include <string>

#include "link/netdev_link.hpp"

namespace millrace {

// Where the link itself does not say, as of virtio, whose parent is no PCI device, its driver does.
enum class Belongs { kNo, kYes, kAskDriver };

Belongs belongs_to(const NetdevLink& link, const std::string& address);

// 0000:01:10.0; domains of volume management devices are longer.
bool is_pci_address(const std::string& text);

}  // namespace millrace
