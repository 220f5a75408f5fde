// millrace-gen: sends 64-byte UDP test frames by one interface for a bounded time and prints
// {"sent", "started", "seconds"}. Run it in the network namespace of the sending pod. With --vni
// they come through a VXLAN tunnel to --vtep, for --inner-to and from --inner-from inside.
#include <cstdio>
#include <exception>

#include "options.hpp"
#include "process.hpp"
#include "source.hpp"
#include "tunnel.hpp"

namespace {

constexpr double kMaxSeconds = 60;
constexpr const char* kNone = "-";

// Where the test frames come from and go to once they are out of the tunnel.
traffic::Frame inner_frame(const traffic::Options& options, traffic::Interface from) {
  const std::string source = options.text("inner-from");
  const std::string to = options.text("inner-to");
  if (source != kNone) from.address = traffic::parse_address(source);
  return traffic::build_frame(from, traffic::parse_mac(to == kNone ? options.text("to") : to),
                              traffic::parse_address(options.text("destination")));
}

std::vector<uint8_t> outer_headers(const traffic::Options& options,
                                   const traffic::Interface& from) {
  const auto vni = static_cast<uint32_t>(options.number("vni", 0, 0xffffff));
  if (vni == 0) return {};
  if (options.text("source") != "skb") {
    throw std::invalid_argument("--vni: expected --source skb, live frames have one size");
  }
  return traffic::build_tunnel(from, {.vni = vni,
                                      .vtep = traffic::parse_address(options.text("vtep")),
                                      .to = traffic::parse_mac(options.text("to"))});
}

traffic::Load parse(const traffic::Options& options) {
  const traffic::Interface from = traffic::describe_interface(options.text("ifname"));
  const auto flows = static_cast<uint32_t>(options.number("flows", 1, MAX_FLOWS));
  if ((flows & (flows - 1)) != 0) {
    throw std::invalid_argument("--flows " + std::to_string(flows) + ": expected a power of two");
  }
  return {
      .ifname = options.text("ifname"),
      .ifindex = from.index,
      .frame = inner_frame(options, from),
      .head = outer_headers(options, from),
      .flows = flows,
      .seconds = options.number("seconds", 0.01, kMaxSeconds),
      .batch = static_cast<uint32_t>(options.number("batch", 1, 256)),
  };
}

traffic::Sent send(const std::string& source, const traffic::Load& load) {
  if (source == "skb") return traffic::send_skbs(load);
  if (source == "frame") return traffic::send_frames(load);
  throw std::invalid_argument("--source " + source + ": expected skb or frame");
}

}  // namespace

int main(int argc, char** argv) try {
  traffic::die_with_parent();
  const traffic::Options options(argc, argv,
                                 {{"source", ""},
                                  {"ifname", ""},
                                  {"to", ""},
                                  {"destination", "10.2.0.1"},
                                  {"flows", "1"},
                                  {"seconds", "1"},
                                  {"cpu", "0"},
                                  {"batch", "64"},
                                  {"vni", "0"},
                                  {"vtep", kNone},
                                  {"inner-from", kNone},
                                  {"inner-to", kNone}});
  traffic::pin_to_cpu(static_cast<int>(options.number("cpu", 0, CPU_SETSIZE - 1)));
  const traffic::Sent sent = send(options.text("source"), parse(options));
  std::printf("{\"sent\": %llu, \"started\": %.6f, \"seconds\": %.6f}\n",
              static_cast<unsigned long long>(sent.frames), sent.started, sent.seconds);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "millrace-gen: %s\n", error.what());
  return 1;
}
