#pragma once
// The way of a call to the agent, or of a DEL to the spool when the agent is away.
#include "agent.hpp"
#include "call.hpp"
#include "spool.hpp"

namespace millrace {

constexpr std::size_t kMaxPath = 4095;
constexpr string_view kForwarded[] = {
    "CNI_COMMAND", "CNI_CONTAINERID",    "CNI_NETNS",   "CNI_IFNAME", "CNI_ARGS",
    "CNI_PATH",    "CNI_NETNS_OVERRIDE", "TRACEPARENT", "TRACESTATE", "BAGGAGE"};

// A path that is named by a variable, else by a key of the configuration, else has a default.
struct PathSetting {
  const char* what;
  string_view variable, key, fallback;
  std::size_t longest;
  string_view accepted;
};

constexpr PathSetting kSocket = {"the path of the agent's socket cannot be used",
                                 "MILLRACE_SOCKET",
                                 "agentSocket",
                                 "/run/millrace/agent.sock",
                                 kMaxSocketPath,
                                 "an absolute path of at most 107 bytes"};
constexpr PathSetting kSpool = {"the path of the spool directory cannot be used",
                                "MILLRACE_SPOOL",
                                "spoolDir",
                                "/var/lib/millrace/spool",
                                kMaxPath,
                                "an absolute path of at most 4095 bytes"};

inline void find_path(const Call& call, const PathSetting& setting, Buffer& path) {
  const string_view variable = environment(setting.variable);
  if (!variable.empty()) {
    path.append(variable);
  } else if (!find_string(call.config.view(), setting.key, path)) {
    path.clear();
    path.append(setting.fallback);
  }
  const bool usable = path.view().starts_with('/') && path.size() <= setting.longest &&
                      path.view().find('\0') == string_view::npos;
  if (usable) return;
  Buffer details;
  details.append(variable.empty() ? setting.key : setting.variable).append(" is ");
  details.append(path.view()).append("; accepted: ").append(setting.accepted);
  fail(call, variable.empty() ? kInvalidConfig : kInvalidEnvironment, setting.what, details.view());
}

// True when the text can only be the JSON object that a CNI caller expects.
inline bool is_json_object(string_view text) {
  return JsonCursor(text).take('{');
}

inline int print_reply(const Call& call, const Reply& reply) {
  const bool success = reply.status >= 200 && reply.status < 300;
  if (!success && !is_json_object(reply.body.view())) {
    constexpr std::size_t kShown = 200;
    Buffer details;
    details.append("HTTP status ").append_number(static_cast<unsigned long>(reply.status));
    details.append(": ");
    details.append(
        {reply.body.view().data(), reply.body.size() < kShown ? reply.body.size() : kShown});
    fail(call, call.unreachable(), "the millrace agent gave no CNI answer", details.view());
  }
  return print(reply.body.view()) && success ? 0 : 1;
}

class Forwarding {
 public:
  Forwarding(const Call& call, long milliseconds, const Deadline& deadline)
      : call_(call), milliseconds_(milliseconds), deadline_(deadline) {
    find_path(call, kSocket, path_);
  }

  int run() {
    const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!connect(socket)) {
      if (!is_del() || !is_away()) unreachable();
      SpoolEntry entry;
      write(entry);
      // The disk may have been slow: an agent that has come meanwhile gets the call itself.
      if (!connect(socket)) {
        if (is_away()) return commit(entry);
        entry.discard();
        unreachable();
      }
      entry.discard();
    }
    Reply reply;
    exchange(socket, reply);
    if (!reply.starting || !is_del()) return print_reply(call_, reply);
    SpoolEntry entry;
    write(entry);
    return commit(entry);
  }

 private:
  bool is_del() const { return call_.command == "DEL"; }
  // Whether errno says that no agent can have got the call.
  static bool is_away() { return errno == ENOENT || errno == ECONNREFUSED; }

  bool connect(const Descriptor& socket) const {
    return socket.fd() >= 0 && connect_to(socket, path_.view(), deadline_);
  }

  [[noreturn]] void unreachable() const {
    Buffer details;
    details.append(path_.view()).append(": ").append(describe_errno());
    fail(call_, call_.unreachable(), "the millrace agent is not reachable",
         details.append("; is it running on this node?").view());
  }

  void write(SpoolEntry& entry) {
    if (spool_.empty()) find_path(call_, kSpool, spool_);
    if (const char* problem = entry.write(call_, spool_.view(), kForwarded, deadline_)) {
      not_spooled(entry, problem);
    }
  }

  int commit(SpoolEntry& entry) const {
    if (const char* problem = entry.commit()) not_spooled(entry, problem);
    return 0;
  }

  // The runtime keeps the call then, and repeats it.
  [[noreturn]] void not_spooled(SpoolEntry& entry, const char* problem) const {
    entry.discard();
    Buffer details;
    details.append(path_.view()).append(": no agent listens; the DEL could not be kept for it in ");
    details.append(spool_.view()).append(": ").append(problem);
    fail(call_, kTryAgainLater, "the millrace agent is not reachable", details.view());
  }

  void exchange(const Descriptor& socket, Reply& reply) const {
    // An agent that refuses early closes before it has read everything, yet its answer is there.
    const bool sent = send_call(socket.fd(), kForwarded, call_.config.view(), deadline_);
    const int send_error = errno;
    switch (receive_reply(socket.fd(), reply, deadline_)) {
      case Receive::complete:
        return;
      case Receive::malformed:
        silent("the millrace agent closed the connection or sent no HTTP answer",
               "the answer is incomplete or malformed; see the agent's log");
      case Receive::too_large:
        silent("the millrace agent sent too large an answer", "more than 1048576 bytes");
      case Receive::failed:
        break;
    }
    if (errno == ETIMEDOUT) {
      Buffer details;
      details.append("no answer within ");
      details.append_number(static_cast<unsigned long>(milliseconds_)).append(" ms");
      silent("the millrace agent did not answer in time", details.view());
    }
    if (!sent) errno = send_error;
    silent("the connection to the millrace agent broke", describe_errno());
  }

  // It has the call, or may have it: nobody but the runtime may repeat that.
  [[noreturn]] void silent(string_view message, string_view details) const {
    Buffer text;
    text.append(path_.view()).append(": ").append(details);
    fail(call_, call_.unreachable(), message, text.view());
  }

  const Call& call_;
  const long milliseconds_;
  const Deadline& deadline_;
  Buffer path_;
  Buffer spool_;
};

}  // namespace millrace
