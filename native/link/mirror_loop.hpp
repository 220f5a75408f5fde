#pragma once
// The mirror's thread: waits for events, requests and times, and decides when to dump.
#include <chrono>
#include <mutex>
#include <optional>
#include <thread>

#include "link/kernel_mirror.hpp"
#include "link/mirror_devices.hpp"
#include "link/mirror_dump.hpp"
#include "link/mirror_requests.hpp"
#include "link/mirror_state.hpp"

namespace millrace {

class MirrorLoop {
 public:
  MirrorLoop(MirrorSink& sink, const MirrorOptions& options);  // throws std::system_error
  void start();
  void stop();
  MirrorRequests& requests() { return requests_; }
  MirrorStatistics statistics() const;

 private:
  using Clock = std::chrono::steady_clock;
  using Report = MirrorState::Report;

  void run();
  void wait();
  int milliseconds_to_wait() const;
  void serve_requests();
  void send_probe(const MirrorProbe& probe);

  void read_events();
  void read_devices();
  void read_answers();

  // Dumps and adopts what they tell, with the events that came meanwhile on top.
  void synchronise(Report report);
  void synchronise_when_due();
  void synchronised(Report report, Clock::duration took);
  void failed(const std::string& what);
  void discard_events();
  void keep_events();
  void apply_kept_events();
  void lost_events();
  void ask_for(Report report, Clock::duration delay);
  void tell_fdb_changes();
  void publish();

  MirrorSink& sink_;
  MirrorRequests requests_;
  MirrorSocket events_;
  MirrorSocket answers_;
  MirrorDevices devices_;
  MirrorState state_;
  const bool verify_;
  std::set<std::uint32_t> tables_;

  bool stopping_ = false;
  std::optional<Clock::time_point> resync_at_;
  std::optional<Clock::time_point> verify_at_;
  std::optional<Clock::time_point> fdb_at_;
  Clock::time_point last_loss_{};
  Clock::duration backoff_{};
  Clock::duration last_dump_{};
  std::vector<char> kept_;  // messages read during dumps and reports
  std::uint64_t kept_ip6_removals_ = 0;
  MirrorStatistics counts_;  // the thread's own

  mutable std::mutex mutex_;
  MirrorStatistics published_;
  std::thread thread_;
};

}  // namespace millrace
