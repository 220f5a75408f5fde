import type { Scope } from "../../test/harness/scope.ts";
import type { Dut } from "../duts/dut.ts";
import { layLane, sentTtl } from "../duts/lane.ts";
import { buildTopology, inside, outside, type Topology } from "../duts/topology.ts";
import { Child } from "../lib/child.ts";
import { dutCpu } from "../traffic/load.ts";
import { builtFile } from "../traffic/tools.ts";

/** What goes wrong on purpose. "Every" counts frames: each Nth one, from the first. */
export interface Faults {
  loseEvery?: number;
  duplicateEvery?: number;
  reorderEvery?: number;
  /** Frames that overtake one that is held back; 1 when absent. */
  reorderBy?: number;
  /** Microseconds. */
  delayUs?: number;
  /** Frames per second that it can forward. */
  capacity?: number;
  /** Frames that wait for that capacity at most; 256 when absent. */
  queue?: number;
  /** Taken off the TTL. */
  ttl?: number;
}

/** What the device did: frames since the last reset. */
export interface ImpairCounters {
  received: number;
  forwarded: number;
  lost: number;
  duplicated: number;
  reordered: number;
  delayed: number;
  /** Dropped because the queue was full. */
  overflow: number;
  /** Lost without a fault: the machine was too slow. */
  missed: number;
  /** Still inside. */
  queued: number;
  /** Arrival of the first and the last frame, seconds of the monotonic clock. */
  first: number;
  last: number;
}

/** A device whose faults are known. */
export interface ImpairDut extends Dut {
  topology: Topology;
  /** Since the last time it was asked. */
  takeCounters(): Promise<ImpairCounters>;
}

/**
 * Starts millrace-impair between a sending and a receiving namespace; the scope removes all of it.
 * @param name tells devices apart that are there at the same time
 * @throws Error with what the program said when it does not start
 */
export async function startImpair(
  scope: Scope,
  faults: Faults,
  name = "impair",
): Promise<ImpairDut> {
  const topology = await buildTopology(scope, name, "bridge");
  const args = ["--in", inside.ifname, "--out", outside.ifname, "--cpu", `${dutCpu}`];
  const options = optionsOf(faults);
  const program = builtFile("millrace-impair");
  const child = await Child.startInside(topology.dut.name, program, [...args, ...options]);
  scope.cleanup.use(child);
  await child.line();
  return {
    name,
    description: ["millrace-impair", ...options].join(" "),
    lane: layLane(topology, "bridge", sentTtl - (faults.ttl ?? 0), { to: inside.mac }),
    placements: () => [`CPU ${dutCpu} of its own, polling while there is traffic`],
    prepare: async () => {},
    // Without traffic it sleeps.
    rest: async () => {},
    topology,
    takeCounters: async () => JSON.parse(await child.ask("reset")) as ImpairCounters,
  };
}

function optionsOf(faults: Faults): string[] {
  const names: Record<keyof Faults, string> = {
    loseEvery: "lose-every",
    duplicateEvery: "duplicate-every",
    reorderEvery: "reorder-every",
    reorderBy: "reorder-by",
    delayUs: "delay-us",
    capacity: "capacity",
    queue: "queue",
    ttl: "ttl",
  };
  return Object.entries(faults).flatMap(([key, value]) => [
    `--${names[key as keyof Faults]}`,
    `${value}`,
  ]);
}
