#pragma once
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>

#include "delays.hpp"

namespace connections {

/** What became of the connections of a window. */
struct Tally {
  uint64_t opened = 0;
  /** Closed in order, with the answer where one was asked for. */
  uint64_t completed = 0;
  /** By the name of the error, as "ECONNREFUSED"; "timeout", "no-answer". */
  std::map<std::string, uint64_t> failed;
  /** SYNs and requests that were sent again. */
  uint64_t retransmits = 0;
  /** Source ports that were passed over, because their last connection has not ended. */
  uint64_t busy_ports = 0;
  /** From connect() until the handshake was seen to be done. */
  Delays connect;
  /** From connect() until the end of the server's stream was read. */
  Delays transaction;

  /** One line of JSON. @param unfinished connections that are still open */
  void print(FILE* to, double seconds, size_t unfinished) const {
    std::fprintf(to, R"({"seconds": %.6f, "opened": %lu, "completed": %lu, "failed": {)", seconds,
                 opened, completed);
    const char* separator = "";
    for (const auto& [name, count] : failed) {
      std::fprintf(to, R"(%s"%s": %lu)", separator, name.c_str(), count);
      separator = ", ";
    }
    std::fprintf(to, R"(}, "unfinished": %zu, "retransmits": %lu, "busyPorts": %lu, "connect": )",
                 unfinished, retransmits, busy_ports);
    connect.print(to);
    std::fputs(R"(, "transaction": )", to);
    transaction.print(to);
    std::fputs("}\n", to);
    std::fflush(to);
  }
};

}  // namespace connections
