#include "engine/port_factory.hpp"

#include <net/if.h>

#include "engine/errors.hpp"
#include "engine/port_proof.hpp"
#include "link/offloads.hpp"
#include "link/promiscuous.hpp"

namespace millrace {

const char* name_of(PortMode mode) {
  switch (mode) {
    case PortMode::kZeroCopy:
      return "zero-copy";
    case PortMode::kCopy:
      return "copy";
    case PortMode::kGeneric:
      return "generic";
  }
  return "";
}

struct PortFactory::Attempt {
  const PortRequest& request;
  const PortConfig& config;
  Umem& umem;
  std::uint32_t ring_size;
  const Frames& frames;
  const FindSharer& find_sharer;
  std::vector<std::unique_ptr<XskSocket>> sockets;
  BuiltPort result;

  std::vector<XskSocket*> all_sockets() const {
    std::vector<XskSocket*> all;
    for (const auto& socket : sockets) all.push_back(socket.get());
    return all;
  }
};

namespace {

int ifindex_of(const std::string& ifname) {
  const auto ifindex = static_cast<int>(::if_nametoindex(ifname.c_str()));
  if (ifindex == 0) throw_errno("interface " + ifname);
  return ifindex;
}

// The companion is a veth: there is nothing to probe.
std::vector<PortMode> modes_of(const PortRequest& request) {
  if (request.companion) return {PortMode::kCopy};
  if (request.forced) return {*request.forced};
  return {PortMode::kZeroCopy, PortMode::kCopy, PortMode::kGeneric};
}

}  // namespace

BuiltPort PortFactory::build(const PortRequest& request, const PortConfig& config, Umem& umem,
                             std::uint32_t ring_size, const Frames& frames,
                             const FindSharer& find_sharer) {
  Attempt attempt{request, config, umem, ring_size, frames, find_sharer, {}, {}};
  attempt.result.ifindex = ifindex_of(request.ifname);
  attempt.result.bound = ifindex_of(request.bound());
  if (request.companion) attempt.result.near = ifindex_of(request.companion->near);
  attempt.result.driver = driver_of(request.bound());
  attempt.result.multi_buffer = config.mtu > max_single_buffer_mtu(umem.frame_size());
  // What comes for pods has their addresses, which a NIC does not take for its own.
  if (config.uplink && config.bridge != nullptr)
    attempt.result.promiscuous = hear_every_address(attempt.result.ifindex);
  const std::vector<PortMode> modes = modes_of(request);
  for (const PortMode mode : modes) {
    try {
      try_mode(attempt, mode);
      return std::move(attempt.result);
    } catch (const std::system_error& failure) {
      attempt.result.refused.push_back(std::string(name_of(mode)) + ": " + failure.what());
      // A link that is down tells nothing of a mode. Should it come up meanwhile, a slower one
      // would be reached, and kept.
      const bool down = failure.code().value() == ENETDOWN;
      if (down || mode == modes.back())
        throw std::system_error(failure.code(), "mode " + attempt.result.refused.back());
    }
  }
  throw std::logic_error("no mode to try");
}

// A driver that has no zero-copy at all says so once; asking again costs a UMEM registration.
bool PortFactory::refused_before(PortMode mode, const std::string& driver) {
  const std::lock_guard lock(memory_mutex_);
  return mode == PortMode::kZeroCopy && drivers_without_zero_copy_.contains(driver);
}

void PortFactory::remember_refusal(PortMode mode, const std::string& driver, int error) {
  const std::lock_guard lock(memory_mutex_);
  if (mode == PortMode::kZeroCopy && error == EOPNOTSUPP) drivers_without_zero_copy_.insert(driver);
}

void PortFactory::try_mode(Attempt& attempt, PortMode mode) {
  if (refused_before(mode, attempt.result.driver))
    throw_errno("refused by driver " + attempt.result.driver + " when probed before", EOPNOTSUPP);
  open_sockets(attempt, mode);
  // Generic XDP leaves segmentation offloads of a veth peer on, and super-frames would be dropped.
  const PortRequest& request = attempt.request;
  if (mode == PortMode::kGeneric && request.has_peer)
    disable_segmentation(request.peer_netns, request.peer_ifname);
  const PortConfig& config = attempt.config;
  if (mode != PortMode::kGeneric && config.lane && request.has_peer &&
      attempt.result.driver == "veth")
    enable_gro(request.peer_netns, request.peer_ifname);
  BuiltPort& result = attempt.result;
  const XdpMode xdp = mode == PortMode::kGeneric ? XdpMode::kGeneric : XdpMode::kNative;
  // A driver in zero-copy mode may ignore checksum requests, so there we compute ourselves.
  const bool metadata = tx_metadata_ && mode != PortMode::kZeroCopy;
  const TxChecksum checksum = metadata ? TxChecksum::kMetadata : TxChecksum::kSoftware;
  try {
    for (std::uint32_t queue = 0; queue < attempt.sockets.size(); ++queue)
      program_.set_socket(config.index, queue, attempt.sockets[queue]->fd());
    attach(attempt, xdp);
    prove(attempt, metadata);
    for (std::uint32_t queue = 0; queue < attempt.sockets.size(); ++queue)
      result.queues.push_back(std::make_unique<XskPort>(config, queue, result.bound, attempt.umem,
                                                        std::move(attempt.sockets[queue]), checksum,
                                                        request.tuning));
  } catch (...) {
    detach(result, config.index);
    result.queues.clear();
    attempt.sockets.clear();
    throw;
  }
  result.mode = mode;
  result.tx_checksum = checksum;
}

// A device that cannot receive a packet in several frames refuses the program at this MTU.
void PortFactory::attach(Attempt& attempt, XdpMode mode) {
  const BuiltPort& result = attempt.result;
  const PortConfig& config = attempt.config;
  try {
    take_frames(attempt, mode);
    const bool lane = config.lane && mode == XdpMode::kNative;
    if (lane) program_.flow_lane().add_device(config.index, result.ifindex, config.peer_mac);
  } catch (const std::system_error& failure) {
    if (!result.multi_buffer) throw;
    const std::string most = std::to_string(max_single_buffer_mtu(attempt.umem.frame_size()));
    throw std::system_error(failure.code(), "MTU " + std::to_string(config.mtu) +
                                                " needs packets in several frames (one of " +
                                                std::to_string(attempt.umem.frame_size()) +
                                                " bytes holds up to " + most + "): attach XDP");
  }
}

// What comes by a companion is for the ring loop, whatever it is: flows of the lane have been told
// apart before, and one packet of each must get here now and then.
void PortFactory::take_frames(Attempt& attempt, XdpMode mode) {
  BuiltPort& result = attempt.result;
  const PortConfig& config = attempt.config;
  const bool lane = config.lane && mode == XdpMode::kNative;
  XdpProgram::Attach device{result.ifindex,      config.index, mode,      attempt.request.capture,
                            result.multi_buffer, lane,         config.mac};
  if (result.near == 0) {
    result.link = program_.attach(device);
    return;
  }
  result.tc = program_.attach_tc(device, result.near, config.uplink);
  device.ifindex = result.bound;
  device.capture = Capture::kAll;
  device.lane = false;
  result.link = program_.attach(device);
}

void PortFactory::detach(BuiltPort& built, std::uint16_t slot) {
  if (built.near != 0) program_.detach_tc(std::move(built.tc), built.ifindex, built.near);
  built.link.reset();
  program_.forget(built.bound, slot);
}

void PortFactory::open_sockets(Attempt& attempt, PortMode mode) {
  const std::lock_guard lock(bind_mutex_);
  attempt.sockets.clear();
  for (std::uint32_t queue = 0; queue < attempt.request.queues; ++queue) {
    const int sibling = queue == 0 ? -1 : attempt.sockets.front()->fd();
    try {
      attempt.sockets.push_back(open_socket(attempt, mode, queue, sibling));
    } catch (const std::system_error& failure) {
      remember_refusal(mode, attempt.result.driver, failure.code().value());
      throw;
    }
  }
}

void PortFactory::prove(Attempt& attempt, bool metadata) {
  const PortRequest& request = attempt.request;
  const auto sockets = attempt.all_sockets();
  if (request.has_peer) {
    run_self_test(sockets, attempt.umem, attempt.frames,
                  {request.peer_netns, request.peer_ifname, attempt.config.mac,
                   attempt.config.peer_mac, metadata});
  } else {
    fill_sockets(sockets, attempt.umem, attempt.frames);
    for (XskSocket* socket : sockets) run_kick_test(*socket);
  }
}

std::unique_ptr<XskSocket> PortFactory::open_socket(const Attempt& attempt, PortMode mode,
                                                    std::uint32_t queue, int shared_with) {
  const bool zero_copy = mode == PortMode::kZeroCopy;
  const bool multi_buffer = attempt.result.multi_buffer;
  const bool sibling = shared_with >= 0;
  if (!sibling) shared_with = attempt.find_sharer(zero_copy, multi_buffer);
  XskSocket::Options options{attempt.request.bound(),
                             attempt.result.bound,
                             queue,
                             attempt.ring_size,
                             zero_copy,
                             multi_buffer,
                             tx_metadata_,
                             shared_with};
  for (;;) {
    try {
      return std::make_unique<XskSocket>(attempt.umem, options);
    } catch (const std::system_error& failure) {
      const int error = failure.code().value();
      if (error == EBADF && options.shared_with >= 0 && !sibling) {
        // The sharer's device vanished since it was found; it will not be found again.
        options.shared_with = attempt.find_sharer(zero_copy, multi_buffer);
      } else if (error == EINVAL && options.shared_with < 0 && options.tx_metadata) {
        // Linux before 6.8 does not know TX metadata and refuses the registration.
        options.tx_metadata = false;
        tx_metadata_ = false;
      } else {
        throw;
      }
    }
  }
}

std::unique_ptr<XskPort> PortFactory::add_queue(const PortRequest& request,
                                                const PortConfig& config, Umem& umem,
                                                std::uint32_t ring_size, const BuiltPort& built,
                                                std::uint32_t queue,
                                                const std::vector<std::uint32_t>& frames) {
  std::unique_ptr<XskSocket> socket;
  {
    const std::lock_guard lock(bind_mutex_);
    socket = std::make_unique<XskSocket>(
        umem, XskSocket::Options{request.bound(), built.bound, queue, ring_size,
                                 built.mode == PortMode::kZeroCopy, built.multi_buffer,
                                 tx_metadata_, built.queues.front()->poll_fd()});
  }
  fill_sockets({socket.get()}, umem, {frames});
  program_.set_socket(config.index, queue, socket->fd());
  return std::make_unique<XskPort>(config, queue, built.bound, umem, std::move(socket),
                                   built.tx_checksum, request.tuning);
}

}  // namespace millrace
