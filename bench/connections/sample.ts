import { leastDisturbed } from "../lib/least-disturbed.ts";
import { dutCpu, generatorCpu } from "../traffic/load.ts";
import { type CpuUse, watchCpus } from "./idle.ts";
import {
  type ConnectionLoad,
  type Connections,
  describeFailures,
  finishConnections,
  type PodCpus,
  type Pods,
  startConnectionServer,
  startConnections,
} from "./load.ts";

/** Where the pods run. A device may be best with either; where it works itself is its own matter. */
const placements = {
  "pods on CPU 0 and 1": { client: generatorCpu, server: dutCpu },
  "pods on CPU 0": { client: generatorCpu, server: generatorCpu },
} satisfies Record<string, PodCpus>;

export type Placement = keyof typeof placements;
export const allPlacements = Object.keys(placements) as Placement[];

/** Two pods, and what is between them. */
type Way = Pods & { subject: string };

/** One window of connections through a device. */
export interface Sample extends CpuUse {
  connections: Connections;
  /** Completed ones per second. */
  rate: number;
}

/**
 * Opens connections for the length of a window. A window that was disturbed is repeated, `patience`
 * times at most; the least disturbed one is returned.
 * @throws Error when not one is completed, with the reasons
 */
export function takeSample(
  way: Way,
  load: ConnectionLoad,
  placement: Placement,
  patience: number,
): Promise<Sample> {
  return leastDisturbed(() => takeOnce(way, load, placement), patience);
}

async function takeOnce(way: Way, load: ConnectionLoad, placement: Placement): Promise<Sample> {
  const cpus = placements[placement];
  await using _server = await startConnectionServer(way, load.transaction, cpus);
  await using client = await startConnections(way, load, cpus);
  const used = watchCpus();
  const connections = await finishConnections(client, load);
  const use = used();
  if (connections.completed === 0) {
    const why = describeFailures(connections) || "none was answered in time";
    throw new Error(`${way.subject}: no connection was completed: ${why}`);
  }
  return { connections, rate: connections.completed / connections.seconds, ...use };
}
