#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace gen {

/** One frame to be sent: its first bytes; what follows up to `length` is zero. */
struct Template {
  std::vector<uint8_t> head;
  uint32_t length;
};

/**
 * Reads a pcap file of Ethernet frames in our byte order, as bench/frames/pcap.ts writes it.
 * @throws std::runtime_error naming the file and what is wrong with it
 */
std::vector<Template> read_templates(const std::string& path);

/** Longest frame and longest head of a list that is not empty. */
uint32_t longest_frame(const std::vector<Template>& templates);
uint32_t longest_head(const std::vector<Template>& templates);

}  // namespace gen
