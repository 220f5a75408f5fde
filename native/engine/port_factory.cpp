#include "engine/port_factory.hpp"

#include <net/if.h>

#include "engine/errors.hpp"
#include "engine/self_test.hpp"
#include "link/offloads.hpp"

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
  FramePool& pool;
  std::uint32_t ring_size;
  const std::vector<std::uint32_t>& frames;
  const FindSharer& find_sharer;
  std::string driver;
  BuiltPort result;
};

BuiltPort PortFactory::build(const PortRequest& request, const PortConfig& config, Umem& umem,
                             FramePool& pool, std::uint32_t ring_size,
                             const std::vector<std::uint32_t>& frames,
                             const FindSharer& find_sharer) {
  Attempt attempt{request, config, umem, pool, ring_size, frames, find_sharer, {}, {}};
  attempt.result.ifindex = static_cast<int>(::if_nametoindex(request.ifname.c_str()));
  if (attempt.result.ifindex == 0) throw_errno("interface " + request.ifname);
  attempt.driver = driver_of(request.ifname);
  std::vector<PortMode> modes{PortMode::kZeroCopy, PortMode::kCopy, PortMode::kGeneric};
  if (request.forced) modes = {*request.forced};
  for (const PortMode mode : modes) {
    try {
      try_mode(attempt, mode);
      return std::move(attempt.result);
    } catch (const std::system_error& failure) {
      attempt.result.refused.push_back(std::string(name_of(mode)) + ": " + failure.what());
      if (mode == modes.back())
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

void PortFactory::try_mode(Attempt& attempt, PortMode mode) {
  const bool zero_copy = mode == PortMode::kZeroCopy;
  if (refused_before(mode, attempt.driver))
    throw_errno("refused by driver " + attempt.driver + " when probed before", EOPNOTSUPP);
  std::unique_ptr<XskSocket> socket;
  try {
    socket = open_socket(attempt, zero_copy);
  } catch (const std::system_error& failure) {
    const std::lock_guard lock(memory_mutex_);
    if (zero_copy && failure.code().value() == EOPNOTSUPP)
      drivers_without_zero_copy_.insert(attempt.driver);
    throw;
  }
  // Generic XDP leaves segmentation offloads of a veth peer on, and super-frames would be dropped.
  if (mode == PortMode::kGeneric && attempt.request.has_peer)
    disable_segmentation(attempt.request.peer_netns, attempt.request.peer_ifname);
  const PortConfig& config = attempt.config;
  UniqueFd link =
      program_.attach(attempt.result.ifindex, config.index, socket->fd(),
                      mode == PortMode::kGeneric ? XdpMode::kGeneric : XdpMode::kNative);
  // A driver in zero-copy mode may ignore checksum requests, so there we compute ourselves.
  const bool metadata = tx_metadata_ && !zero_copy;
  try {
    if (attempt.request.has_peer)
      run_self_test(*socket, attempt.umem, attempt.frames,
                    {attempt.request.peer_netns, attempt.request.peer_ifname, config.mac,
                     config.peer_mac, metadata});
    else
      run_kick_test(*socket);
  } catch (...) {
    link.reset();
    program_.forget(attempt.result.ifindex, config.index);
    throw;
  }
  attempt.result.mode = mode;
  attempt.result.link = std::move(link);
  attempt.result.tx_checksum = metadata ? TxChecksum::kMetadata : TxChecksum::kSoftware;
  attempt.result.port =
      std::make_unique<XskPort>(config, attempt.umem, attempt.pool, std::move(socket),
                                attempt.result.tx_checksum, attempt.request.tuning);
}

std::unique_ptr<XskSocket> PortFactory::open_socket(const Attempt& attempt, bool zero_copy) {
  const std::lock_guard lock(bind_mutex_);
  XskSocket::Options options{attempt.request.ifname, attempt.result.ifindex,
                             attempt.ring_size,      zero_copy,
                             tx_metadata_,           attempt.find_sharer(zero_copy)};
  for (;;) {
    try {
      return std::make_unique<XskSocket>(attempt.umem, options);
    } catch (const std::system_error& failure) {
      const int error = failure.code().value();
      if (error == EBADF && options.shared_with >= 0) {
        // The sharer's device vanished since it was found; it will not be found again.
        options.shared_with = attempt.find_sharer(zero_copy);
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

}  // namespace millrace
