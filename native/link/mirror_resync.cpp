// When the mirror reads everything, and what becomes of the events that come meanwhile.
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <functional>

#include "link/mirror_loop.hpp"

namespace millrace {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMaxKept = 64u << 20;
constexpr int kMaxDiscards = 10000;
constexpr auto kFirstBackoff = 20ms;
constexpr auto kMaxBackoff = 2s;
constexpr auto kCalm = 10s;
constexpr auto kVerifyDelay = 100ms;
constexpr int kVerifyShare = 10;  // at most a tenth of the time goes into verifications

// While it lives, long reports let in the events that come meanwhile.
class Breathing {
 public:
  Breathing(MirrorState& state, std::function<void()> breathe) : state_(state) {
    state_.on_breathe(std::move(breathe));
  }
  ~Breathing() { state_.on_breathe({}); }
  Breathing(const Breathing&) = delete;
  Breathing& operator=(const Breathing&) = delete;

 private:
  MirrorState& state_;
};

bool removes_ip6_route(const nlmsghdr* message) {
  return message->nlmsg_type == RTM_DELROUTE &&
         static_cast<const rtmsg*>(NLMSG_DATA(message))->rtm_family == AF_INET6;
}

}  // namespace

void MirrorLoop::ask_for(Report report, Clock::duration delay) {
  if (report == Report::kEverything) {
    const Clock::time_point at = Clock::now() + delay;
    resync_at_ = resync_at_ ? std::max(*resync_at_, at) : at;
  } else if (verify_ && !verify_at_) {
    verify_at_ = Clock::now() + std::max<Clock::duration>(kVerifyDelay, last_dump_ * kVerifyShare);
  }
}

// The more often, the later the next attempt: a storm that the mirror cannot follow costs it
// little.
void MirrorLoop::lost_events() {
  ++counts_.overruns;
  const Clock::time_point now = Clock::now();
  const bool again = backoff_ != Clock::duration{} && now - last_loss_ < kCalm;
  backoff_ = again ? std::min<Clock::duration>(backoff_ * 2, kMaxBackoff) : kFirstBackoff;
  last_loss_ = now;
  ask_for(Report::kEverything, backoff_);
}

void MirrorLoop::failed(const std::string& what) {
  ++counts_.failures;
  counts_.last_failure = what;
  kept_.clear();
  ask_for(Report::kEverything, 1s);
}

void MirrorLoop::synchronise_when_due() {
  const Clock::time_point now = Clock::now();
  if (resync_at_ && *resync_at_ <= now)
    synchronise(Report::kEverything);
  else if (!resync_at_ && verify_at_ && *verify_at_ <= now)
    synchronise(Report::kDifferences);
}

// The kernel drops everything from the first message that did not fit until the queue is empty, so
// it has to be emptied before a dump or the loss would go on. What is in it is older than the dump.
void MirrorLoop::discard_events() {
  for (int i = 0; i < kMaxDiscards; ++i) {
    const auto received = events_.receive([this](const nlmsghdr*) { ++counts_.messages; });
    if (received == MirrorSocket::Received::kNothing) return;
  }
  lost_events();  // a storm: try, and try again
}

void MirrorLoop::keep_events() {
  if (kept_.size() > kMaxKept) return;  // then the kernel will drop them, and tell
  const auto keep = [this](const nlmsghdr* message) {
    ++counts_.messages;
    if (removes_ip6_route(message)) ++kept_ip6_removals_;
    const auto* first = reinterpret_cast<const char*>(message);
    kept_.insert(kept_.end(), first, first + message->nlmsg_len);
    kept_.resize(NLMSG_ALIGN(kept_.size()));
  };
  if (events_.receive(keep) == MirrorSocket::Received::kLost) lost_events();
}

void MirrorLoop::apply_kept_events() {
  while (!kept_.empty()) {
    const std::vector<char> messages = std::exchange(kept_, {});  // reports may add to it
    for (std::size_t at = 0; at < messages.size();) {
      const auto* message = reinterpret_cast<const nlmsghdr*>(&messages[at]);
      if (!state_.apply(message, true)) ++counts_.ignored;
      at += NLMSG_ALIGN(message->nlmsg_len);
    }
  }
}

void MirrorLoop::synchronise(Report report) {
  const Clock::time_point begin = Clock::now();
  const Breathing breathing(state_, [this] { keep_events(); });
  verify_at_.reset();
  if (report == Report::kEverything) {
    resync_at_.reset();
    discard_events();
  }
  const auto meanwhile = [this] {
    keep_events();
    serve_requests();
    return !stopping_;
  };
  MirrorImage fresh;
  MirrorDump dump(answers_, tables_, {meanwhile, [this] { return kept_ip6_removals_; }});
  if (!dump.read(fresh)) return;
  last_dump_ = Clock::now() - begin;
  state_.adopt(std::move(fresh), report);
  apply_kept_events();
  if (state_.take_doubt() || dump.doubtful()) ask_for(Report::kDifferences, {});
  sink_.on_batch_end();
  synchronised(report, Clock::now() - begin);
}

void MirrorLoop::synchronised(Report report, Clock::duration took) {
  counts_.last_failure.clear();
  if (report == Report::kDifferences) {
    ++counts_.verifications;
    return;
  }
  ++counts_.resyncs;
  counts_.last_resync = std::chrono::duration_cast<std::chrono::microseconds>(took);
}

}  // namespace millrace
