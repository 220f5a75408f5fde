// /opt/cni/bin/millrace: hands one CNI call to the agent and prints its answer.
//
// The runtime executes this once per call, with CNI_* in the environment and the network
// configuration on stdin. It keeps no state and decides nothing: environment and configuration go
// to the agent in one HTTP POST over a unix socket, the body of the answer goes to stdout, and the
// exit status is 0 when the HTTP status was 2xx. What can be answered without the agent (VERSION,
// a missing CNI_* variable) is, and an agent that is away or silent becomes a CNI error that asks
// the runtime to try again. CNI spec 1.1.0, section 2.
//
// MILLRACE_SOCKET     the agent's socket; else the key "agentSocket" of the configuration, else
//                     /run/millrace/agent.sock
// MILLRACE_TIMEOUT_MS limit for the whole call, 1 to 3600000; 30000 when not set
#include <csignal>

#include "agent.hpp"
#include "call.hpp"

namespace millrace {
namespace {

constexpr string_view kDefaultSocket = "/run/millrace/agent.sock";
constexpr string_view kSupportedVersions[] = {"0.1.0", "0.2.0", "0.3.0", "0.3.1",
                                              "0.4.0", "1.0.0", "1.1.0"};
constexpr string_view kForwarded[] = {
    "CNI_COMMAND", "CNI_CONTAINERID",    "CNI_NETNS",   "CNI_IFNAME", "CNI_ARGS",
    "CNI_PATH",    "CNI_NETNS_OVERRIDE", "TRACEPARENT", "TRACESTATE", "BAGGAGE"};

struct Verb {
  string_view name;
  string_view required[4];
};
constexpr Verb kVerbs[] = {
    {"ADD", {"CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_PATH"}},
    {"CHECK", {"CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_PATH"}},
    {"DEL", {"CNI_CONTAINERID", "CNI_IFNAME", "CNI_PATH"}},
    {"GC", {"CNI_PATH"}},
    {"STATUS", {"CNI_PATH"}},
};

int answer_version(Call& call) {
  read_config_briefly(call);
  string_view answered = kNewestVersion;
  for (const string_view version : kSupportedVersions) {
    if (version == call.version.view()) answered = version;
  }
  Buffer out;
  out.append("{\"cniVersion\":");
  write_json_string(out, answered);
  out.append(",\"supportedVersions\":");
  char separator = '[';
  for (const string_view version : kSupportedVersions) {
    out.append(separator);
    write_json_string(out, version);
    separator = ',';
  }
  return print(out.append("]}\n").view()) ? 0 : 1;
}

void check_command(Call& call) {
  if (call.command.empty()) {
    read_config_briefly(call);
    fail(call, kInvalidEnvironment, "CNI_COMMAND is not set",
         "this is a CNI plugin: a container runtime executes it with CNI_* in the environment");
  }
  for (const Verb& verb : kVerbs) {
    if (verb.name == call.command) return;
  }
  read_config_briefly(call);
  Buffer details;
  details.append("CNI_COMMAND is ").append(call.command);
  details.append("; accepted: ADD, DEL, CHECK, GC, STATUS, VERSION");
  fail(call, kInvalidEnvironment, "unknown CNI_COMMAND", details.view());
}

void check_required(Call& call) {
  Buffer missing;
  for (const Verb& verb : kVerbs) {
    if (verb.name != call.command) continue;
    for (const string_view name : verb.required) {
      if (name.empty() || !environment(name).empty()) continue;
      missing.append(missing.empty() ? "" : ", ").append(name);
    }
  }
  if (missing.empty()) return;
  read_config_briefly(call);
  Buffer message;
  message.append("required environment variables are missing: ").append(missing.view());
  fail(call, kInvalidEnvironment, message.view(), call.command);
}

long timeout(Call& call) {
  const string_view text = environment("MILLRACE_TIMEOUT_MS");
  if (text.empty()) return kDefaultTimeout;
  std::size_t number = 0;
  if (detail::parse_number(text, 10, number) && number >= 1 && number <= kMaxTimeout) {
    return static_cast<long>(number);
  }
  read_config_briefly(call);
  Buffer details;
  details.append("MILLRACE_TIMEOUT_MS is ").append(text);
  details.append("; accepted: milliseconds from 1 to 3600000");
  fail(call, kInvalidEnvironment, "invalid MILLRACE_TIMEOUT_MS", details.view());
}

void find_socket(const Call& call, Buffer& path) {
  const string_view variable = environment("MILLRACE_SOCKET");
  if (!variable.empty()) {
    path.append(variable);
  } else if (!find_string(call.config.view(), "agentSocket", path)) {
    path.clear();
    path.append(kDefaultSocket);
  }
  const bool usable = path.view().starts_with('/') && path.size() <= kMaxSocketPath &&
                      path.view().find('\0') == string_view::npos;
  if (usable) return;
  Buffer details;
  details.append(variable.empty() ? "agentSocket" : "MILLRACE_SOCKET").append(" is ");
  details.append(path.view()).append("; accepted: an absolute path of at most 107 bytes");
  fail(call, variable.empty() ? kInvalidConfig : kInvalidEnvironment,
       "the path of the agent's socket cannot be used", details.view());
}

// True when the text can only be the JSON object that a CNI caller expects.
bool is_json_object(string_view text) {
  return JsonCursor(text).take('{');
}

int print_reply(const Call& call, const Reply& reply) {
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

int forward(const Call& call, long milliseconds, const Deadline& deadline) {
  Buffer path, details;
  find_socket(call, path);
  details.append(path.view()).append(": ");
  const Socket socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket.fd() < 0 || !connect_to(socket, path.view(), deadline)) {
    fail(call, call.unreachable(), "the millrace agent is not reachable",
         details.append(describe_errno()).append("; is it running on this node?").view());
  }
  // An agent that refuses early closes before it has read everything, yet its answer is there.
  const bool sent = send_call(socket.fd(), kForwarded, call.config.view(), deadline);
  const int send_error = errno;
  Reply reply;
  switch (receive_reply(socket.fd(), reply, deadline)) {
    case Receive::complete:
      return print_reply(call, reply);
    case Receive::malformed:
      fail(call, call.unreachable(),
           "the millrace agent closed the connection or sent no HTTP answer",
           details.append("the answer is incomplete or malformed; see the agent's log").view());
    case Receive::too_large:
      fail(call, call.unreachable(), "the millrace agent sent too large an answer",
           details.append("more than 1048576 bytes").view());
    case Receive::failed:
      break;
  }
  if (errno == ETIMEDOUT) {
    details.append("no answer within ").append_number(static_cast<unsigned long>(milliseconds));
    fail(call, call.unreachable(), "the millrace agent did not answer in time",
         details.append(" ms").view());
  }
  if (!sent) errno = send_error;
  fail(call, call.unreachable(), "the connection to the millrace agent broke",
       details.append(describe_errno()).view());
}

int run() {
  // A runtime that has gone away must not kill a call that is half way to the agent.
  std::signal(SIGPIPE, SIG_IGN);
  Call call{environment("CNI_COMMAND"), {}, {}};
  if (call.command == "VERSION") return answer_version(call);
  check_command(call);
  check_required(call);
  const long milliseconds = timeout(call);
  const Deadline deadline(milliseconds);
  read_config(call, deadline);
  return forward(call, milliseconds, deadline);
}

}  // namespace
}  // namespace millrace

int main() {
  return millrace::run();
}
