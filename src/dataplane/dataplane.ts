import { ConfigError } from "../config/errors.ts";
import type { DataplaneConfig } from "../config/schema.ts";
import { CounterView } from "./counters.ts";
import type { CounterLayout, Native, NativeDataplane, PortInfo, PortOptions } from "./native.ts";
import { PortRegistry } from "./port-registry.ts";
import { type Placement, WorkerLoad } from "./worker-load.ts";

/** What the façade needs to know of an attachment to serve it. */
export interface PortRequest {
  /** containerId:ifname. */
  attachment: string;
  network: string;
  /** Host end of the veth. */
  ifname: string;
  mac: string;
  podMac: string;
  /** Without prefix length. */
  addresses: string[];
  mtu: number;
  /** The pod end; null when its namespace cannot be entered any more. */
  peer: { netns: string; ifname: string } | null;
}

export interface Port {
  info: PortInfo;
  attachment: string;
  network: string;
  worker: number;
  ifname: string;
  /** CIDRs that lead to the port. */
  routes: Set<string>;
}

export interface WorkerDescription {
  cpu: number;
  umemBytes: number;
  hugepages: boolean;
}

/** The workers with their networks and ports, by the names the control side uses. */
export class Dataplane {
  readonly counters: CounterView;
  readonly #native: NativeDataplane;
  readonly #config: DataplaneConfig;
  readonly #load: WorkerLoad;
  readonly #networks = new Map<string, Placement>();
  readonly #ports = new PortRegistry();

  /**
   * Makes the workers and starts them.
   * @throws ConfigError when the addon cannot serve as many workers or ports
   */
  constructor(native: Native, config: DataplaneConfig) {
    const cpus = config.cpus.length === 0 ? [-1] : config.cpus;
    checkLimits(native.counterLayout, config, cpus.length);
    this.counters = new CounterView(native.counterLayout);
    this.#config = config;
    this.#load = new WorkerLoad(config.maxPorts, cpus.length);
    const { frames, frameSize, hugepages, ringSize, batch, idleRounds, icmpPerSecond } = config;
    const shared = { frames, frameSize, hugepages, ringSize, batch, idleRounds, icmpPerSecond };
    const workers = cpus.map((cpu) => ({ cpu, ...shared }));
    this.#native = new native.Dataplane({ counters: this.counters.array, workers });
    this.#native.start();
  }

  /** By port number. */
  get ports(): Port[] {
    return this.#ports.all();
  }

  port(attachment: string): Port | undefined {
    return this.#ports.get(attachment);
  }

  network(name: string): Placement | undefined {
    return this.#networks.get(name);
  }

  workers(): WorkerDescription[] {
    return this.#native.describeWorkers();
  }

  /** @param gateways "" for a family the network does not have */
  async addNetwork(
    name: string,
    gateways: { gateway4: string; gateway6: string },
  ): Promise<Placement> {
    const worker = this.#load.placeNetwork();
    const placement = { id: await this.#native.addNetwork({ worker, ...gateways }), worker };
    this.#networks.set(name, placement);
    return placement;
  }

  /**
   * Binds the host end of an attachment to the worker of its network.
   * @throws PortLimitError when the worker serves `maxPorts` already; what the addon rejects with
   */
  async addPort(request: PortRequest): Promise<Port> {
    const { attachment, network, ifname } = request;
    const { id, worker } = this.#placementOf(network);
    this.#load.addPort(worker);
    try {
      const info = await this.#native.addPort(this.#portOptions(request, id));
      const routes = new Set<string>();
      return this.#ports.add({ info, attachment, network, worker, ifname, routes });
    } catch (error) {
      this.#load.removePort(worker);
      throw error;
    }
  }

  /** Routes the prefixes (CIDR) to the port of an attachment; all of them or none. */
  async addRoutes(attachment: string, prefixes: readonly string[]): Promise<void> {
    const port = this.#ports.require(attachment);
    try {
      for (const prefix of prefixes) {
        await this.#native.addRoute(this.#placementOf(port.network).id, prefix, port.info.port);
        port.routes.add(prefix);
      }
    } catch (error) {
      await this.removeRoutes(attachment);
      throw error;
    }
  }

  /** Removes every route to the port of an attachment; none is no error. */
  async removeRoutes(attachment: string): Promise<void> {
    const port = this.#ports.get(attachment);
    for (const prefix of [...(port?.routes ?? [])]) {
      await this.#native.removeRoute(this.#placementOf(port?.network ?? "").id, prefix);
      port?.routes.delete(prefix);
    }
  }

  /** Detaches XDP and returns every frame; an attachment without port is no error. */
  async removePort(attachment: string): Promise<void> {
    const port = this.#ports.get(attachment);
    if (!port) return;
    await this.#native.removePort(port.info.port);
    this.#ports.delete(attachment);
    this.#load.removePort(port.worker);
  }

  /** XDP_STATISTICS of the port's socket, null when it is dead. */
  statistics(port: Port): Record<string, number> | null {
    return this.#native.portStatistics(port.info.port);
  }

  /**
   * Removes every port, then ends the workers. Links and pods stay as they are.
   * @throws the first failure; the workers are ended in any case
   */
  async stop(): Promise<void> {
    const removals = this.ports.map(async ({ attachment }) => {
      await this.removeRoutes(attachment);
      await this.removePort(attachment);
    });
    const results = await Promise.allSettled(removals);
    await this.#native.stop();
    const failed = results.find((result) => result.status === "rejected");
    if (failed) throw failed.reason;
  }

  #placementOf(network: string): Placement {
    const placement = this.#networks.get(network);
    if (!placement) throw new Error(`network ${network} is not in the dataplane`);
    return placement;
  }

  #portOptions(request: PortRequest, network: number): PortOptions {
    const { ifname, mac, podMac, addresses, mtu, peer } = request;
    const { mode, txBudget, fill, busyPoll } = this.#config;
    return { ifname, network, mode, mac, podMac, addresses, mtu, txBudget, fill, busyPoll, peer };
  }
}

function checkLimits(layout: CounterLayout, config: DataplaneConfig, workers: number): void {
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
