import { readlinkSync } from "node:fs";
import { join } from "node:path";
import { type Finding, ok, problem, warning } from "./finding.ts";
import { type DoctorHost, readText } from "./host.ts";
import { readMounts } from "./mounts.ts";

/** Whose network namespace this is, whether there may be more of them, and the version of cgroups. */
export function checkNamespaces(host: DoctorHost): Finding[] {
  return [...ownNetns(host), ...limit(host), ...cgroups(host)];
}

function ownNetns({ proc }: DoctorHost): Finding[] {
  const own = netnsOf(proc, "self");
  const first = netnsOf(proc, "1");
  if (own === null || first === null || own === first) return [];
  const text = "this is not the network namespace of the node: links and PFs are others here";
  const remedy = 'run it where the agent runs; a pod needs "hostNetwork: true"';
  return [warning("network namespace", text, remedy)];
}

function netnsOf(proc: string, process: string): string | null {
  try {
    return readlinkSync(join(proc, process, "ns/net"));
  } catch {
    return null;
  }
}

function limit({ proc }: DoctorHost): Finding[] {
  const most = readText(proc, "sys/user/max_net_namespaces");
  if (most !== "0") return [];
  const text = "no network namespace can be made (user.max_net_namespaces = 0): no pod starts";
  return [problem("network namespace", text, "sysctl -w user.max_net_namespaces=65536")];
}

function cgroups({ proc }: DoctorHost): Finding[] {
  const types = readMounts(proc).map(({ type }) => type);
  if (types.includes("cgroup")) {
    return [ok("cgroups", "version 1, which kubelet 1.35 and newer refuse by default")];
  }
  return types.includes("cgroup2") ? [ok("cgroups", "version 2")] : [];
}
