#pragma once
// The flow lane of a dataplane: the memory that its table shares with the XDP program, the devices
// that flows may leave by, and the accounting of what has passed. See bpf/lane.h.
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "engine/counters.hpp"
#include "tables/lane_table.hpp"

struct lane_watch;

namespace millrace {

class TcProgram;
class XdpTakers;

// Memory of a BPF map.
class MapMemory {
 public:
  // Throws std::system_error.
  MapMemory(int map, std::size_t bytes);
  ~MapMemory();
  MapMemory(const MapMemory&) = delete;
  MapMemory& operator=(const MapMemory&) = delete;
  void* data() const { return data_; }

 private:
  void* data_;
  std::size_t bytes_;
};

class FlowLane {
 public:
  // File descriptors of the XDP program's maps, which outlive the object.
  struct Maps {
    int lanes;
    int outers;
    int tags;
    std::uint32_t entries;
    int state;
    std::array<int, 2> devices;  // for frames in one buffer, and in several
    int ports;
  };
  // missing: why there can be none, "" when there can. Throws std::system_error when memory is
  // short. Without what it needs of the kernel the lane stays closed.
  explicit FlowLane(const Maps& maps, std::string missing = "");
  ~FlowLane();
  FlowLane(const FlowLane&) = delete;
  FlowLane& operator=(const FlowLane&) = delete;

  // Why there is no flow lane on this machine; empty when there is one.
  const std::string& missing() const { return missing_; }
  LaneTable& table() { return table_; }

  // Any thread. Flows may leave by the device, as soon as it takes redirected frames; refresh()
  // finds out. pod: the address of the pod behind it; zero when it is none's. Throws
  // std::system_error.
  void add_device(std::uint16_t port, int ifindex, const Mac& pod = {});
  void remove_device(std::uint16_t port);
  // Looks which devices take redirected frames (a veth does while its peer has GRO on, or an XDP
  // program). Throws std::system_error.
  void refresh(XdpTakers& takers);
  // A program that needs to know the devices from now on; it outlives the lane.
  void tell_devices(TcProgram& program);

  // Adds what has passed to the counters of the ports, kMaxPorts blocks that only sweep() writes.
  // Returns the number of flows. One thread at a time.
  std::uint32_t sweep(CounterBlock* ports);

 private:
  struct Device {
    int ifindex;
    Mac pod;
    bool direct;  // flows may go into the pod without passing the device
  };
  void watch(const Maps& maps);
  void tell(std::uint16_t port, const Device& device);

  const Maps maps_;
  MapMemory entries_;
  MapMemory outers_;
  MapMemory tags_;
  MapMemory state_;
  std::unique_ptr<lane_watch, void (*)(lane_watch*)> watch_;
  std::string missing_;
  std::unique_ptr<MapMemory> targets_;
  std::vector<millrace_lane_target> no_targets_;
  LaneTable table_;
  std::mutex mutex_;  // devices_
  std::map<std::uint16_t, Device> devices_;
  TcProgram* program_ = nullptr;
  // Of each port: what its device has not taken so far, and what of it is still to be counted.
  std::vector<std::uint64_t> drops_;
  std::vector<std::uint64_t> lost_;
};

}  // namespace millrace
