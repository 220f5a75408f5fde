#include "client.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string_view>

#include "../lib/process.hpp"
#include "clock.hpp"
#include "schedule.hpp"
#include "slots.hpp"
#include "tally.hpp"

namespace connections {
namespace {

/** How often connections are looked through for those to give up. */
constexpr uint64_t kExpiryInterval = kSecond / 100;
/** The least time after which Linux sends a segment again; for a SYN it is a second. */
constexpr uint64_t kLeastRetransmission = kSecond / 5;
constexpr int kOpenedPerTurn = 64;
constexpr uint32_t kStandardInput = UINT32_MAX;

class Client {
 public:
  explicit Client(const Load& load)
      : load_(load), slots_(load.concurrency), port_(load.first_port), schedule_(load, now_ns()) {
    if (epoll_ < 0) traffic::fail("epoll_create1", errno);
    epoll_event event{.events = EPOLLIN, .data = {.u32 = kStandardInput}};
    // Refused for /dev/null and files: nobody asks there.
    epoll_ctl(epoll_, EPOLL_CTL_ADD, STDIN_FILENO, &event);
  }

  void run() {
    uint64_t now = now_ns();
    for (; !schedule_.ended(now); now = now_ns()) {
      if (schedule_.starts(now)) start_window();
      if (now >= next_expiry_) expire(now);
      const bool more = open_due(now);
      handle_events(more ? 0 : next_action());
    }
    print();
    for (uint32_t slot = 0; slot < slots_.size(); slot++) {
      if (slots_[slot].fd >= 0) abort_connection(slots_[slot].fd);
    }
  }

 private:
  void start_window() {
    tally_ = {};
    std::puts(R"({"started": true})");
    std::fflush(stdout);
  }

  void print() const { tally_.print(stdout, schedule_.elapsed(now_ns()), slots_.in_use()); }

  /** Opens some, for others may have been answered meanwhile. True: more are due. */
  bool open_due(uint64_t now) {
    const uint64_t due = schedule_.due(now);
    for (int i = 0; i < kOpenedPerTurn; i++) {
      if (slots_.full() || opened_ >= due || !open_one()) return false;
    }
    return true;
  }

  /** Opens a connection from the next port that is free. False: there is none. */
  bool open_one() {
    const uint32_t ports = load_.last_port - load_.first_port + 1U;
    for (uint32_t attempt = 0; attempt < ports; attempt++) {
      const Connection connection = open_connection(load_.to, port_);
      port_ = port_ == load_.last_port ? load_.first_port : static_cast<uint16_t>(port_ + 1);
      if (connection.fd >= 0) {
        begin(connection);
        return true;
      }
      tally_.busy_ports++;
    }
    return false;
  }

  void begin(const Connection& connection) {
    const uint32_t slot = slots_.take(connection);
    opened_++;
    tally_.opened++;
    if (connection.error != 0) return fail(slot, strerrorname_np(connection.error));
    epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLET, .data = {.u32 = slot}};
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event) != 0) {
      traffic::fail("epoll_ctl", errno);
    }
  }

  /** @param until when to go on though nothing has happened */
  void handle_events(uint64_t until) {
    std::array<epoll_event, 256> events;
    const uint64_t now = now_ns();
    const timespec timeout = to_timespec(until > now ? until - now : 0);
    const int ready = epoll_pwait2(epoll_, events.data(), events.size(), &timeout, nullptr);
    for (int i = 0; i < ready; i++) {
      const uint32_t slot = events[i].data.u32;
      if (slot == kStandardInput) {
        answer_question();
      } else {
        advance(slot, events[i].events);
      }
    }
  }

  /** When there may be something to open or to give up. */
  uint64_t next_action() const {
    if (slots_.full()) return next_expiry_;
    return std::min(next_expiry_, schedule_.next(opened_));
  }

  void advance(uint32_t slot, uint32_t events) {
    Connection& connection = slots_[slot];
    if ((events & EPOLLERR) != 0) {
      const int error = pending_error(connection.fd);
      if (error != 0) return fail(slot, strerrorname_np(error));
    }
    if (!connection.connected && (events & EPOLLOUT) != 0) {
      connection.connected = true;
      tally_.connect.add(now_ns() - connection.started);
      if (load_.request && send(connection.fd, "?", 1, MSG_NOSIGNAL) < 0) {
        return fail(slot, strerrorname_np(errno));
      }
    }
    if ((events & EPOLLIN) != 0) read_answer(slot);
  }

  void read_answer(uint32_t slot) {
    Connection& connection = slots_[slot];
    std::array<char, 16> answer;
    for (;;) {
      const ssize_t received = recv(connection.fd, answer.data(), answer.size(), 0);
      if (received == 0) break;
      if (received < 0 && errno == EAGAIN) return;
      if (received < 0) return fail(slot, strerrorname_np(errno));
      connection.answered = true;
    }
    if (load_.request && !connection.answered) return fail(slot, "no-answer");
    complete(slot);
  }

  void complete(uint32_t slot) {
    const Connection& connection = slots_[slot];
    const uint64_t took = now_ns() - connection.started;
    tally_.transaction.add(took);
    tally_.completed++;
    if (took >= kLeastRetransmission) tally_.retransmits += retransmits(connection.fd);
    close(connection.fd);
    slots_.release(slot);
  }

  void fail(uint32_t slot, const char* reason) {
    tally_.failed[reason]++;
    tally_.retransmits += retransmits(slots_[slot].fd);
    abort_connection(slots_[slot].fd);
    slots_.release(slot);
  }

  void expire(uint64_t now) {
    next_expiry_ = now + kExpiryInterval;
    const uint64_t timeout = to_ns(load_.timeout);
    for (uint32_t slot = 0; slot < slots_.size(); slot++) {
      const Connection& connection = slots_[slot];
      if (connection.fd >= 0 && now - connection.started >= timeout) fail(slot, "timeout");
    }
  }

  void answer_question() {
    std::array<char, 64> line;
    const ssize_t length = read(STDIN_FILENO, line.data(), line.size());
    if (length <= 0) {
      epoll_ctl(epoll_, EPOLL_CTL_DEL, STDIN_FILENO, nullptr);
    } else if (std::string_view(line.data(), static_cast<size_t>(length)).starts_with("read")) {
      print();
    }
  }

  const Load& load_;
  int epoll_ = epoll_create1(EPOLL_CLOEXEC);
  Slots slots_;
  uint16_t port_;
  Schedule schedule_;
  uint64_t next_expiry_ = 0;
  /** Since the beginning; that of the tally is of the window. */
  uint64_t opened_ = 0;
  Tally tally_;
};

}  // namespace

void load(const Load& load) {
  Client(load).run();
}

}  // namespace connections
