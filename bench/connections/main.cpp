// millrace-connect: opens TCP connections as fast as it can or at a rate, and serves them. Run
// "serve" in the network namespace of one pod and "load" in that of the other.
//
// A transaction is "crr" (connect, request, response, close; netperf's TCP_CRR) or "cc" (connect,
// close; its TCP_CC); both sides must be told the same. RFC 9411 section 7.2 asks for connections
// per second so, with HTTP in place of the byte. The server closes first, in order with FIN, as
// stateful devices are used to: TIME-WAIT stays on its side, where it holds no port, and a client
// that goes through its source ports one after the other can use each again at once: a newer SYN
// ends a TIME-WAIT (RFC 9293 section 3.6.1). A reset instead would leave no TIME-WAIT at all, but
// spare the device the close that it has to follow.
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <string_view>

#include "../lib/options.hpp"
#include "../lib/process.hpp"
#include "client.hpp"
#include "server.hpp"

namespace {

constexpr double kMaxSeconds = 86400;
constexpr double kMaxConcurrency = 4096;
/** Files beside the connections. */
constexpr rlim_t kOtherFiles = 64;

bool has_request(const traffic::Options& options) {
  const std::string& transaction = options.text("transaction");
  if (transaction == "crr") return true;
  if (transaction == "cc") return false;
  throw std::invalid_argument("--transaction " + transaction + ": expected crr or cc");
}

void pin(const traffic::Options& options) {
  const int cpu = static_cast<int>(options.number("cpu", -1, CPU_SETSIZE - 1));
  if (cpu >= 0) traffic::pin_to_cpu(cpu);
}

// Debian allows 1024 files; the other side may have as many connections as a client may open.
void allow_files() {
  const rlim_t files = static_cast<rlim_t>(2 * kMaxConcurrency) + kOtherFiles;
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::max(limit.rlim_cur, std::min(files, limit.rlim_max));
  setrlimit(RLIMIT_NOFILE, &limit);
}

void parse_ports(const std::string& text, connections::Load& load) {
  unsigned first = 0;
  unsigned last = 0;
  char rest = 0;
  const int fields = std::sscanf(text.c_str(), "%5u-%5u%c", &first, &last, &rest);
  if (fields != 2 || first < 1 || first > last || last > UINT16_MAX) {
    throw std::invalid_argument("--source-ports " + text + ": expected first-last, 1 to 65535");
  }
  load.first_port = static_cast<uint16_t>(first);
  load.last_port = static_cast<uint16_t>(last);
}

void run_server(int argc, char** argv) {
  const traffic::Options options(argc, argv,
                                 {{"listen", ""}, {"transaction", "crr"}, {"cpu", "-1"}});
  pin(options);
  connections::serve(connections::parse_endpoint(options.text("listen")), has_request(options));
}

void run_client(int argc, char** argv) {
  const traffic::Options options(argc, argv,
                                 {{"to", ""},
                                  {"transaction", "crr"},
                                  {"concurrency", "64"},
                                  {"rate", "0"},
                                  {"source-ports", "10000-29999"},
                                  {"warm-up", "0"},
                                  {"seconds", "1"},
                                  {"timeout", "3"},
                                  {"cpu", "-1"}});
  connections::Load load{
      .to = connections::parse_endpoint(options.text("to")),
      .concurrency = static_cast<uint32_t>(options.number("concurrency", 1, kMaxConcurrency)),
      .rate = options.number("rate", 0, 1e7),
      .request = has_request(options),
      .warm_up = options.number("warm-up", 0, kMaxSeconds),
      .seconds = options.number("seconds", 0.01, kMaxSeconds),
      .timeout = options.number("timeout", 0.01, kMaxSeconds),
  };
  parse_ports(options.text("source-ports"), load);
  pin(options);
  connections::load(load);
}

}  // namespace

int main(int argc, char** argv) try {
  traffic::die_with_parent();
  allow_files();
  const std::string_view command = argc > 1 ? argv[1] : "";
  if (command == "serve") {
    run_server(argc - 1, argv + 1);
  } else if (command == "load") {
    run_client(argc - 1, argv + 1);
  } else {
    throw std::invalid_argument("expected serve or load before the options");
  }
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "millrace-connect: %s\n", error.what());
  return 1;
}
