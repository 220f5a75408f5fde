import { readdirSync, readFileSync } from "node:fs";
import type { Host } from "../duts/hosting.ts";
import { bytesOf, kernelMemory, usedMemory } from "../lib/meminfo.ts";
import type { KernelLog } from "./kernel-log.ts";
import type { Vitals } from "./vitals.ts";

/** Reads all of them. @param unaccounted packets, which only who sent them knows */
export async function readVitals(
  { agent }: Host,
  log: KernelLog,
  unaccounted: number,
): Promise<Vitals> {
  const { workers } = await agent.client.status();
  const memory = readOr("/proc/meminfo");
  return {
    "memory-used": usedMemory(memory),
    "kernel-memory": kernelMemory(memory, readOr("/proc/zoneinfo")),
    "slab-unreclaimable": bytesOf(memory, "SUnreclaim"),
    "resident-memory": bytesOf(readOr(`/proc/${agent.pid}/status`), "VmRSS"),
    descriptors: readdirSync(`/proc/${agent.pid}/fd`).length,
    ...bpfObjects(descriptorsOf(agent.pid)),
    "umem-in-use": workers.reduce((sum, { framesInUse }) => sum + framesInUse, 0),
    "network-namespaces": activeObjects(readOr("/proc/slabinfo"), "net_namespace"),
    "stalled-releases": log.stalledReleases(),
    "packets-unaccounted": unaccounted,
  };
}

/** What /proc/PID/fdinfo says of each descriptor: proc_pid_fdinfo(5), and bpf(2) objects. */
function descriptorsOf(pid: number): string[] {
  const directory = `/proc/${pid}/fdinfo`;
  return readdirSync(directory).map((fd) => readOr(`${directory}/${fd}`));
}

/** How many different ones are held open. A link names its program too. */
export function bpfObjects(
  fdinfos: readonly string[],
): Pick<Vitals, "bpf-programs" | "bpf-maps" | "bpf-links"> {
  const ids = (key: string, among: readonly string[]) =>
    new Set(among.flatMap((text) => new RegExp(`^${key}:\\s*(\\d+)`, "m").exec(text)?.[1] ?? []));
  const isLink = (text: string) => /^link_id:/m.test(text);
  return {
    "bpf-programs": ids(
      "prog_id",
      fdinfos.filter((text) => !isLink(text)),
    ).size,
    "bpf-maps": ids("map_id", fdinfos).size,
    "bpf-links": ids("link_id", fdinfos).size,
  };
}

/** Of one cache of slabinfo(5), which only root may read. */
export function activeObjects(text: string, cache: string): number | null {
  const found = new RegExp(`^${cache} +(\\d+)`, "m").exec(text)?.[1];
  return found === undefined ? null : Number(found);
}

/** "" for what is not there, or not any more. */
function readOr(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
