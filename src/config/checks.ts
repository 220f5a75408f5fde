import { checkNetworksApart } from "./apart-checks.ts";
import { IDLE_FILL } from "./dataplane-schema.ts";
import { ConfigError, type ConfigProblem, keyPath } from "./errors.ts";
import { checkFabric } from "./fabric-checks.ts";
import { type ConfigHost, formatCpuList } from "./host.ts";
import { checkNetwork } from "./network-checks.ts";
import type { Config } from "./schema.ts";
import { checkSriov } from "./sriov-checks.ts";
import { checkVnis } from "./vni-checks.ts";
import { checkVteps, isUnderlay } from "./vtep-checks.ts";

/** The error for one problem of the value at `path`. */
export type Fault = (
  path: readonly PropertyKey[],
  problem: Pick<ConfigProblem, "value" | "accepted"> & { reason?: string },
) => ConfigError;

/**
 * What the shape alone cannot say: values that must fit one another or this machine.
 * @throws ConfigError for the first problem found.
 */
export function checkConfig(
  config: Config,
  host: ConfigHost,
  locate: (path: readonly PropertyKey[]) => string,
): void {
  const fault: Fault = (path, problem) =>
    new ConfigError({ source: locate(path), key: keyPath(path), ...problem });
  checkCpus(config, host, fault);
  checkRings(config, fault);
  checkFrames(config, fault);
  checkMetrics(config, fault);
  config.networks.forEach((network, i) => {
    const needsPrefixes = network.kind === "routed" && !isUnderlay(network.name, config.vteps);
    checkNetwork(network, needsPrefixes, config.dataplane, ["networks", i], fault);
  });
  checkNetworksApart(config.networks, fault);
  checkVteps(config, fault);
  checkVnis(config, fault);
  checkFabric(config, fault);
  checkSriov(config.sriov, fault);
}

function checkCpus({ dataplane: { cpus } }: Config, host: ConfigHost, fault: Fault): void {
  cpus.forEach((cpu, i) => {
    const path = ["dataplane", "cpus", i];
    if (!host.cpus.includes(cpu)) {
      const accepted = `a CPU this process may run on: ${formatCpuList(host.cpus)}`;
      throw fault(path, { value: cpu, accepted });
    }
    if (cpus.indexOf(cpu) < i) {
      throw fault(path, { value: cpu, reason: "named twice", accepted: "each CPU once" });
    }
  });
}

function checkRings({ dataplane }: Config, fault: Fault): void {
  const { ringSize } = dataplane;
  for (const key of ["batch", "txBudget", "fill"] as const) {
    if (dataplane[key] > ringSize) {
      const accepted = `at most ringSize ${ringSize}`;
      throw fault(["dataplane", key], { value: dataplane[key], accepted });
    }
  }
}

function checkFrames({ dataplane }: Config, fault: Fault): void {
  const { frames, maxPorts, fill } = dataplane;
  const needed = maxPorts * IDLE_FILL + fill;
  if (frames >= needed) return;
  throw fault(["dataplane", "frames"], {
    value: frames,
    reason: "the ports could use up all frames",
    accepted:
      `at least ${needed} (maxPorts ${maxPorts} x ${IDLE_FILL} of an idle port` +
      ` + fill ${fill} of a busy one), or less of these`,
  });
}

function checkMetrics({ metrics: { listen } }: Config, fault: Fault): void {
  const port = /:(\d+)$/.exec(listen)?.[1];
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65535)) {
    throw fault(["metrics", "listen"], { value: listen, accepted: "a port from 1 to 65535" });
  }
}
