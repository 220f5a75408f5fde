import { readFileSync } from "node:fs";
import type { Scope } from "../../test/harness/scope.ts";
import { Child } from "../lib/child.ts";
import { ownSeconds, watchOthers } from "../lib/cpu-time.ts";
import { leastDisturbed } from "../lib/least-disturbed.ts";
import type { Path } from "./path.ts";

const port = 5201;
const startMs = 5000;
const graceMs = 15_000;
/** USER_HZ. */
const ticksPerSecond = 100;

/** One transfer from the client to the server. */
export interface Transfer {
  bitsPerSecond: number;
  /** Segments sent again, of all streams. */
  retransmits: number;
  /** CPU seconds of all cores per 10^9 bytes received, without what other programs used. */
  cpuPerGigabyte: number;
  /** CPUs that the agent with all its threads used; null when the kernel forwarded. */
  agentCpus: number | null;
  /** CPUs that others used meanwhile. */
  disturbance: number;
}

/** What of iperf3's report is used. */
interface Report {
  error?: string;
  end: {
    sum_sent: { retransmits: number };
    sum_received: { bits_per_second: number; bytes: number };
  };
}

/** Starts the server of a path; it ends with the scope. */
export async function startServer(scope: Scope, path: Path): Promise<void> {
  const args = ["--server", "--port", `${port}`, "--forceflush"];
  const server = await Child.startInside(path.server.name, "iperf3", args);
  scope.cleanup.use(server);
  await server.until("Server listening", startMs);
}

/**
 * Transfers for a time. A transfer during which the machine did other work is made again,
 * `patience` times at most; the least disturbed one is returned.
 * @throws Error when iperf3 fails or the transfer does not end in time
 */
export function transfer(
  path: Path,
  streams: number,
  seconds: number,
  patience: number,
): Promise<Transfer> {
  return leastDisturbed(() => transferOnce(path, streams, seconds), patience);
}

async function transferOnce(path: Path, streams: number, seconds: number): Promise<Transfer> {
  const args = [
    ...["--client", path.address, "--port", `${port}`, "--json"],
    ...["--parallel", `${streams}`, "--time", `${Math.max(1, Math.round(seconds))}`],
    ...["--connect-timeout", "3000"],
  ];
  const usedByOthers = watchOthers();
  const agentBefore = agentSeconds(path);
  const [started, before] = [performance.now(), readCpu()];
  const { stdout, exitCode } = await path.client.run("iperf3", args, {
    timeoutMs: seconds * 1000 + graceMs,
  });
  const [elapsed, after, others] = [performance.now() - started, readCpu(), usedByOthers()];
  const agentUsed = agentSeconds(path) - agentBefore;
  const report = parse(path, stdout, exitCode);
  const { sum_sent: sent, sum_received: received } = report.end;
  const stolen = after.stolen - before.stolen;
  const foreign = Math.max(0, (others * elapsed) / 1000 - stolen);
  return {
    bitsPerSecond: received.bits_per_second,
    retransmits: sent.retransmits,
    cpuPerGigabyte: Math.max(0, after.busy - before.busy - foreign) / (received.bytes / 1e9),
    agentCpus: path.agent === null ? null : agentUsed / (elapsed / 1000),
    disturbance: others,
  };
}

function agentSeconds({ agent }: Path): number {
  return agent === null ? 0 : ownSeconds(agent.pid);
}

function parse(path: Path, stdout: string, exitCode: number | null): Report {
  try {
    const report = JSON.parse(stdout) as Report;
    if (report.error === undefined && exitCode === 0) return report;
    throw new Error(report.error ?? `exit status ${exitCode}`);
  } catch (error) {
    throw new Error(`${path.subject}: iperf3: ${(error as Error).message}`, { cause: error });
  }
}

/** Seconds that all CPUs together were busy, and that the hypervisor took; proc_stat(5). */
function readCpu(): { busy: number; stolen: number } {
  const [all = ""] = readFileSync("/proc/stat", "utf8").split("\n");
  const [, user, nice, system, , , irq, softirq, stolen] = all.trim().split(/\s+/).map(Number);
  const ticks = [user, nice, system, irq, softirq].reduce<number>((a, b) => a + (b ?? 0), 0);
  return { busy: ticks / ticksPerSecond, stolen: (stolen ?? 0) / ticksPerSecond };
}
