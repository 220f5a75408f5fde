import { formatBytes } from "../cli/units.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";
import { type DoctorHost, readText } from "./host.ts";

const HUGEPAGE = 2 * 1024 * 1024;

/** capability(7): what the agent does with each, by bit. */
const CAPABILITIES: readonly [bit: number, name: string, purpose: string][] = [
  [12, "CAP_NET_ADMIN", "create links and attach XDP programs"],
  [13, "CAP_NET_RAW", "open AF_XDP sockets"],
  [21, "CAP_SYS_ADMIN", "enter the network namespaces of pods"],
];
const CAP_IPC_LOCK = 14;
const ROOT_REMEDY = "run the agent as root, or give its service these capabilities";

/** Capabilities, hugepages and locked memory against what the configured UMEMs need. */
export function checkLimits(host: DoctorHost): Finding[] {
  return [capabilities(host), hugepages(host), lockedMemory(host)];
}

function capabilities({ proc }: DoctorHost): Finding {
  const missing = CAPABILITIES.filter(([bit]) => !hasCapability(proc, bit));
  if (missing.length === 0) return ok("capabilities", "all that the agent needs");
  const names = missing.map(([, name, purpose]) => `${name} (${purpose})`).join(", ");
  return problem("capabilities", `missing: ${names}`, ROOT_REMEDY);
}

function hugepages(host: DoctorHost): Finding {
  const { hugepages: wanted } = host.config.dataplane;
  if (wanted === "off") return ok("hugepages", "not wanted by the configuration");
  const needed = Math.ceil(umemBytes(host) / HUGEPAGE) * workers(host);
  const free = Number(readText(host.sys, "kernel/mm/hugepages/hugepages-2048kB/free_hugepages"));
  if (free >= needed) return ok("hugepages", `${free} of 2 MiB free, ${needed} needed`);
  const text = `${free} of 2 MiB free, ${needed} needed for the UMEM of ${workers(host)} worker(s)`;
  // Pages in use still count for nr_hugepages, so the remedy adds to what is there.
  const total = Number(readText(host.proc, "sys/vm/nr_hugepages"));
  const remedy = `sysctl -w vm.nr_hugepages=${total + needed - free}`;
  if (wanted === "require") return problem("hugepages", `${text}, and they are required`, remedy);
  return warning("hugepages", `${text}; ordinary pages are used instead`, remedy);
}

function lockedMemory(host: DoctorHost): Finding {
  if (hasCapability(host.proc, CAP_IPC_LOCK)) {
    return ok("locked memory", "not limited (CAP_IPC_LOCK)");
  }
  const line = readText(host.proc, "self/limits")?.match(/^Max locked memory\s+(\S+)/m)?.[1];
  const limit = line === "unlimited" ? Number.POSITIVE_INFINITY : Number(line ?? 0);
  const needed = umemBytes(host) * workers(host);
  if (limit >= needed) return ok("locked memory", `limit ${line}, ${formatBytes(needed)} needed`);
  const text = `limit ${formatBytes(limit)}, ${formatBytes(needed)} needed for UMEM`;
  return problem("locked memory", text, "LimitMEMLOCK=infinity in the service, or CAP_IPC_LOCK");
}

function hasCapability(proc: string, bit: number): boolean {
  const mask = readText(proc, "self/status")?.match(/^CapEff:\s*([0-9a-f]+)/m)?.[1] ?? "0";
  return ((BigInt(`0x${mask}`) >> BigInt(bit)) & 1n) === 1n;
}

function umemBytes({ config: { dataplane } }: DoctorHost): number {
  return dataplane.frames * dataplane.frameSize;
}

const workers = ({ config }: DoctorHost): number => Math.max(1, config.dataplane.cpus.length);
