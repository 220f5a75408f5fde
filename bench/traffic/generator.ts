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
  /** The frames come out of this VXLAN tunnel; gatewayMac is then that of the underlay. */
  tunnel?: LaneTunnel;
}

export interface LaneTunnel {
  vni: number;
  /** IPv4 address of the receiving VTEP. */
  vtep: string;
  /** Addresses of the frames inside. */
  innerTo: string;
  innerFrom: string;
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
    ...tunnelOptions(lane),
  }).flatMap(([key, value]) => [`--${key}`, `${value}`]);
  return Child.startInside(lane.netns, builtFile("millrace-gen"), args);
}

function tunnelOptions({ tunnel }: Lane): Record<string, string | number> {
  if (tunnel === undefined) return {};
  const { vni, vtep, innerTo, innerFrom } = tunnel;
  return { vni, vtep, "inner-to": innerTo, "inner-from": innerFrom };
}

/** Waits for the end of the generator and reads its report. */
export async function finishGenerator(child: Child, patienceMs: number): Promise<Generated> {
  await child.success(patienceMs);
  return JSON.parse(await child.line()) as Generated;
}
