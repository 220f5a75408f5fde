// /opt/cni/bin/millrace: hands one CNI call to the agent and prints its answer.
//
// The runtime executes this once per call, with CNI_* in the environment and the network
// configuration on stdin. It decides nothing: environment and configuration go to the agent in one
// HTTP POST over a unix socket, the body of the answer goes to stdout, and the exit status is 0
// when the HTTP status was 2xx. What can be answered without the agent (VERSION, a missing CNI_*
// variable) is. A DEL for an agent that is away is put on the disk for it; any other call, and an
// agent that is silent, becomes a CNI error that asks the runtime to try again. CNI spec 1.1.0,
// section 2.
//
// MILLRACE_SOCKET     the agent's socket; else the key "agentSocket" of the configuration, else
//                     /run/millrace/agent.sock
// MILLRACE_SPOOL      directory of the DELs for an agent that is away; else the key "spoolDir" of
//                     the configuration, else /var/lib/millrace/spool
// MILLRACE_TIMEOUT_MS limit for the whole call, 1 to 3600000; 30000 when not set
#include <csignal>

#include "forward.hpp"

namespace millrace {
namespace {

constexpr string_view kSupportedVersions[] = {"0.1.0", "0.2.0", "0.3.0", "0.3.1",
                                              "0.4.0", "1.0.0", "1.1.0"};

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

int run() {
  // Neither a runtime that has gone away nor a limit of file sizes may kill a call half way.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  Call call{environment("CNI_COMMAND"), {}, {}, monotonic_now()};
  if (call.command == "VERSION") return answer_version(call);
  check_command(call);
  check_required(call);
  const long milliseconds = timeout(call);
  const Deadline deadline(milliseconds);
  read_config(call, deadline);
  return Forwarding(call, milliseconds, deadline).run();
}

}  // namespace
}  // namespace millrace

int main() {
  return millrace::run();
}
