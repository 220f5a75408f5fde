import { ConfigError } from "../config/errors.ts";
import type { DataplaneConfig } from "../config/schema.ts";
import type { CounterLayout } from "./native.ts";

/**
 * Compares a configuration with what the addon was built for.
 * @throws ConfigError when it cannot serve as many workers or ports
 */
export function checkLimits(layout: CounterLayout, config: DataplaneConfig, workers: number): void {
  const source = "configuration";
  if (workers > layout.maxWorkers) {
    const accepted = `at most ${layout.maxWorkers} CPUs`;
    throw new ConfigError({ source, key: "dataplane.cpus", value: config.cpus, accepted });
  }
  const most = Math.floor(layout.maxPorts / workers);
  if (config.maxPorts > most) {
    const accepted = `at most ${most} (${layout.maxPorts} ports in all / ${workers} workers)`;
    throw new ConfigError({
      source,
      key: "dataplane.maxPorts",
      value: config.maxPorts,
      accepted,
    });
  }
}
