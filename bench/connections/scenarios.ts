import { median } from "../lib/stats.ts";
import type { ConnectionLoad } from "./load.ts";
import type { Sample } from "./sample.ts";

/** Before the window: neighbours are resolved, the worker is awake. */
const warmUpSeconds = 0.3;

export interface ConnectionScenario {
  name: string;
  load: ConnectionLoad;
  /** By which the best placement is told; less is better. */
  cost(samples: readonly Sample[]): number;
}

/**
 * Connections as fast as they can be opened, and at a rate that every subject keeps, since delays
 * at full load are those of the queue that `concurrency` connections are: they say the same as the
 * rate (Little's law), and nothing of the device.
 */
export function connectionScenarios(options: {
  seconds: number;
  concurrency: number;
  pacedRate: number;
}): ConnectionScenario[] {
  const { seconds, concurrency, pacedRate } = options;
  const load = { transaction: "crr", concurrency, warmUpSeconds, seconds } as const;
  return [
    {
      name: "tcp-crr",
      load: { ...load, rate: null },
      cost: (samples) => -median(samples.map(({ rate }) => rate)),
    },
    {
      name: "tcp-crr-paced",
      load: { ...load, rate: pacedRate },
      cost: (samples) =>
        median(samples.map(({ connections }) => connections.transaction?.p50 ?? 0)),
    },
  ];
}
