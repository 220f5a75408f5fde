#include "link/mirror_loop.hpp"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <stdexcept>

#include "link/mirror_request.hpp"

namespace millrace {

namespace {

constexpr std::initializer_list<unsigned> kGroups = {
    RTNLGRP_LINK,        RTNLGRP_NEIGH,       RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE,
    RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_NEXTHOP};
constexpr int kMaxBursts = 64;  // before requests and times get their turn
constexpr std::chrono::milliseconds kFdbDelay{20};

}  // namespace

MirrorLoop::MirrorLoop(MirrorSink& sink, const MirrorOptions& options)
    : sink_(sink),
      events_(NETLINK_ROUTE, options.receive_buffer_bytes),
      answers_(NETLINK_ROUTE, 0),
      state_(sink),
      verify_(options.verify),
      tables_(options.tables.begin(), options.tables.end()) {
  answers_.check_requests_strictly();
  for (const unsigned group : kGroups) events_.join(group);
  state_.set_tables(tables_);
}

void MirrorLoop::start() {
  if (thread_.joinable()) throw std::logic_error("the mirror runs already");
  thread_ = std::thread([this] { run(); });
}

void MirrorLoop::stop() {
  requests_.stop();
  if (thread_.joinable()) thread_.join();
}

MirrorStatistics MirrorLoop::statistics() const {
  const std::lock_guard lock(mutex_);
  return published_;
}

void MirrorLoop::publish() {
  const MirrorImage& image = state_.image();
  counts_.routes = image.routes4.size() + image.routes6.size();
  counts_.neighbours = image.neighbours.size();
  counts_.links = image.links.size();
  counts_.nexthops = image.nexthops.size();
  counts_.synchronised = !resync_at_;
  const std::lock_guard lock(mutex_);
  published_ = counts_;
}

void MirrorLoop::run() {
  resync_at_ = Clock::now();
  while (!stopping_) {
    try {
      synchronise_when_due();
      tell_fdb_changes();
      publish();
      wait();
    } catch (const std::exception& error) {
      failed(error.what());
    }
  }
}

int MirrorLoop::milliseconds_to_wait() const {
  std::optional<Clock::time_point> next;
  for (const auto& at : {resync_at_, verify_at_, fdb_at_})
    if (at && (!next || *at < *next)) next = at;
  if (!next) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60000));
}

void MirrorLoop::tell_fdb_changes() {
  const Clock::time_point now = Clock::now();
  if (!fdb_at_ && state_.has_fdb_changes()) fdb_at_ = now + kFdbDelay;
  if (!fdb_at_ || *fdb_at_ > now) return;
  fdb_at_.reset();
  const std::set<std::int32_t> changed = state_.take_fdb_changes();
  if (changed.contains(0)) return sink_.on_fdb_changed(0);
  for (const std::int32_t ifindex : changed) sink_.on_fdb_changed(ifindex);
}

// While a resync is due the events lie where they are: it makes them void.
void MirrorLoop::wait() {
  std::array<pollfd, 4> ready = {{{requests_.fd(), POLLIN, 0},
                                  {devices_.socket().fd(), POLLIN, 0},
                                  {answers_.fd(), POLLIN, 0},
                                  {resync_at_ ? -1 : events_.fd(), POLLIN, 0}}};
  if (::poll(ready.data(), ready.size(), milliseconds_to_wait()) < 0) return;
  if (ready[0].revents != 0) serve_requests();
  if (ready[1].revents != 0) read_devices();
  if (ready[2].revents != 0) read_answers();
  if (ready[3].revents != 0) read_events();
}

void MirrorLoop::serve_requests() {
  MirrorRequests::Taken asked = requests_.take();
  stopping_ = stopping_ || asked.stop;
  counts_.probes_dropped = asked.probes_dropped;
  for (const MirrorProbe& probe : asked.probes) send_probe(probe);
  if (!asked.tables) return;
  tables_ = std::move(*asked.tables);
  state_.set_tables(tables_);
  ask_for(Report::kEverything, {});
}

// neigh_add() with NTF_USE: the entry is made and resolved as for a packet. Not one that needs no
// resolving: the kernel would take the mark off that makes it permanent (__neigh_update()).
void MirrorLoop::send_probe(const MirrorProbe& probe) {
  const auto& neighbours = state_.image().neighbours;
  const auto known = neighbours.find({probe.ifindex, probe.ip6, probe.address});
  if (known != neighbours.end() && (known->second.state & (NUD_PERMANENT | NUD_NOARP)) != 0) return;
  MirrorRequest request(RTM_NEWNEIGH, NLM_F_CREATE);
  auto& header = request.header<ndmsg>();
  header.ndm_family = probe.ip6 ? AF_INET6 : AF_INET;
  header.ndm_ifindex = probe.ifindex;
  header.ndm_state = NUD_NONE;
  header.ndm_flags = NTF_USE;
  request.put(NDA_DST, probe.address.data(), probe.ip6 ? 16 : 4);
  answers_.send(request.message());
  ++counts_.probes;
}

void MirrorLoop::read_events() {
  const auto apply = [this](const nlmsghdr* message) {
    ++counts_.messages;
    if (!state_.apply(message)) ++counts_.ignored;
  };
  for (int i = 0; i < kMaxBursts; ++i) {
    const auto received = events_.receive(apply);
    if (received == MirrorSocket::Received::kNothing) break;
    sink_.on_batch_end();
    if (received != MirrorSocket::Received::kLost) continue;
    lost_events();
    break;
  }
  if (state_.take_doubt()) ask_for(Report::kDifferences, {});
}

void MirrorLoop::read_devices() {
  using Subject = MirrorDevices::Subject;
  const auto tell = [this](std::int32_t ifindex, Subject subject) {
    subject == Subject::kChannels ? sink_.on_channels_changed(ifindex)
                                  : sink_.on_features_changed(ifindex);
  };
  const auto received = devices_.socket().receive([&](const nlmsghdr* message) {
    if (const auto change = devices_.change_in(message)) tell(change->ifindex, change->subject);
  });
  if (received != MirrorSocket::Received::kLost) return;
  for (const Subject subject : {Subject::kChannels, Subject::kFeatures}) tell(0, subject);
}

// The kernel's refusals of probes; who asked will see that no neighbour comes.
void MirrorLoop::read_answers() {
  answers_.receive([](const nlmsghdr*) {});
}

}  // namespace millrace
