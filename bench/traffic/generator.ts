import { Child } from "../lib/child.ts";
import { generatorCpu, type Load, testDestination } from "./load.ts";
import type { Sink } from "./sink.ts";
import { builtFile } from "./tools.ts";

/** The way of the test frames: from one pod, through a device under test, to another. */
export interface Lane {
  netns: string;
  ifname: string;
  /** Where the sending pod's frames go first. */
  gatewayMac: string;
  sink: Sink;
}

export interface Generated {
  sent: number;
  /** On the monotonic clock, as the sink's readings. */
  started: number;
  seconds: number;
}

/** Starts sending; the generator ends by itself after `seconds`. */
export async function startGenerator(lane: Lane, load: Load, seconds: number): Promise<Child> {
  const args = Object.entries({
    source: load.source,
    ifname: lane.ifname,
    to: lane.gatewayMac,
    destination: testDestination,
    flows: load.flows,
    seconds: seconds.toFixed(3),
    cpu: generatorCpu,
  }).flatMap(([key, value]) => [`--${key}`, `${value}`]);
  return Child.startInside(lane.netns, builtFile("millrace-gen"), args);
}

/** Waits for the end of the generator and reads its report. */
export async function finishGenerator(child: Child, patienceMs: number): Promise<Generated> {
  await child.success(patienceMs);
  return JSON.parse(await child.line()) as Generated;
}
