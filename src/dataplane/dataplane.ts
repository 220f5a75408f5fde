import type { DataplaneConfig } from "../config/schema.ts";
import { CounterView } from "./counters.ts";
import { checkLimits } from "./limits.ts";
import type {
  DataplaneEvent,
  MirrorStatus,
  Native,
  NativeDataplane,
  NetworkOptions,
  PortTransmit,
  RouteChange,
} from "./native.ts";
import { Overlay, type PortWatcher } from "./overlay.ts";
import type { Host, Port, PortRequest } from "./port.ts";
import { addHosts, addRoutes, type NetworkHandle, removeAll } from "./port-tables.ts";
import { Ports } from "./ports.ts";

export type { VniPort, VniRequest, Vtep, VtepRequest } from "./overlay.ts";
export type { Port, PortRequest } from "./port.ts";

export interface WorkerDescription {
  cpu: number;
  umemBytes: number;
  hugepages: boolean;
}

/** The workers with their networks and ports, by the names the control side uses. */
export class Dataplane extends Overlay {
  readonly counters: CounterView;
  /** For what needs no bookkeeping here: tables, neighbours, traces. */
  readonly native: NativeDataplane;
  readonly #networks = new Map<string, NetworkHandle>();
  readonly #ports: Ports;

  /**
   * Makes the workers and starts them.
   * @param flowLane whether any port will have a flow lane
   * @throws ConfigError when the addon cannot serve as many workers or ports
   */
  constructor(native: Native, config: DataplaneConfig, flowLane = false) {
    super();
    const cpus = config.cpus.length === 0 ? [-1] : config.cpus;
    checkLimits(native.counterLayout, config, cpus.length);
    this.counters = new CounterView(native.counterLayout, cpus.length);
    const { frames, frameSize, hugepages, ringSize, batch, idleRounds, icmpPerSecond } = config;
    const shared = { frames, frameSize, hugepages, ringSize, batch, idleRounds, icmpPerSecond };
    const workers = cpus.map((cpu) => ({ cpu, ...shared }));
    this.native = new native.Dataplane({ counters: this.counters.array, workers, flowLane });
    this.#ports = new Ports(this.native, config, cpus.length);
    this.native.start();
  }

  /** Those of devices, by port number; those of VNIs are in `vnis`. */
  get ports(): Port[] {
    return this.#ports.all();
  }

  port(attachment: string): Port | undefined {
    return this.#ports.get(attachment);
  }

  /** @param port number in the addon */
  portNumbered(port: number): Port | undefined {
    return this.#ports.find(port);
  }

  /** What a port goes by in the log and in views: its attachment, uplink:…, vni:… or vtep:<name>. */
  portLabel(port: number): string {
    const all = [...this.ports, ...this.vnis, ...this.vteps];
    return all.find((one) => one.port === port)?.attachment ?? `port ${port}`;
  }

  network(name: string): NetworkHandle | undefined {
    return this.#networks.get(name);
  }

  workers(): WorkerDescription[] {
    return this.native.describeWorkers();
  }

  /** Queues of ports that each worker serves. */
  get load(): readonly number[] {
    return this.#ports.load.queues;
  }

  /** @param listener called for every event until stop() */
  onEvent(listener: (event: DataplaneEvent) => void): void {
    this.native.onEvent(listener);
  }

  /** @param watcher told of ports until stop() */
  watch(watcher: PortWatcher): void {
    this.#ports.watcher = watcher;
  }

  async addNetwork(options: NetworkOptions): Promise<NetworkHandle> {
    const { kind } = options;
    const handle = { id: await this.native.addNetwork(options), kind, mirrorTable: 0 };
    this.#networks.set(options.name, handle);
    return handle;
  }

  /** @param table of the kernel's routes, 254 is main; 0 ends it */
  async setMirror(network: string, table: number): Promise<void> {
    const handle = this.networkOf(network);
    await this.native.setMirror(handle.id, table);
    handle.mirrorTable = table;
  }

  mirrorStatus(): MirrorStatus {
    return this.native.mirrorStatus();
  }

  /** Lets the routes of other networks decide for these prefixes (CIDR). */
  async addLeaks(
    network: string,
    leaks: readonly { prefix: string; network: string }[],
  ): Promise<void> {
    const changes = leaks.map(({ prefix, network: to }): RouteChange => {
      const leakTo = this.networkOf(to).id;
      const how = { counted: false, source: "static" } as const;
      return { op: "add", prefix, type: "leak", nextHops: [], leakTo, ...how };
    });
    if (changes.length > 0) await this.native.applyRoutes(this.networkOf(network).id, changes);
  }

  /**
   * Binds an interface to the dataplane; each queue goes to the worker with the fewest.
   * @throws PortLimitError when the workers serve `maxPorts` already; what the addon rejects with
   */
  async addPort(request: PortRequest): Promise<Port> {
    return await this.#ports.bind(request, this.networkOf(request.network).id);
  }

  /** Gives a queue to another worker. @throws PortLimitError | RangeError */
  async movePort(attachment: string, queue: number, worker: number): Promise<Port> {
    return await this.#ports.move(this.#ports.require(attachment), queue, worker);
  }

  /** Follows the device, which has more or fewer queues than before. @throws PortLimitError */
  async syncQueues(attachment: string): Promise<Port> {
    return await this.#ports.syncQueues(this.#ports.require(attachment));
  }

  /** Destinations (CIDR) that a shared uplink takes from the kernel. */
  async setPrefixes(attachment: string, prefixes: string[]): Promise<void> {
    await this.native.setPrefixes(this.#ports.require(attachment).info.port, prefixes);
  }

  /** Routes the prefixes (CIDR) to the pod of an attachment; all of them or none. */
  async addRoutes(attachment: string, prefixes: readonly string[]): Promise<void> {
    const port = this.#ports.require(attachment);
    await addRoutes(this.native, this.networkOf(port.network), port, prefixes);
  }

  /** Tells a bridged network who has which address behind the port of an attachment. */
  async addHosts(attachment: string, hosts: readonly Host[]): Promise<void> {
    const port = this.#ports.require(attachment);
    await addHosts(this.native, this.networkOf(port.network), port, hosts);
  }

  /** Removes routes and hosts of the port of an attachment; none is no error. */
  async removeRoutes(attachment: string): Promise<void> {
    const port = this.#ports.get(attachment);
    if (port) await removeAll(this.native, this.networkOf(port.network), port);
  }

  /** Detaches XDP and returns every frame; an attachment without port is no error. */
  async removePort(attachment: string): Promise<void> {
    const port = this.#ports.get(attachment);
    if (port) await this.#ports.unbind(port);
  }

  /** XDP_STATISTICS of the port's sockets, null when they are dead. */
  transmit(port: Port): PortTransmit | null {
    return this.native.portTransmit(port.info.port);
  }

  statistics(port: Port): Record<string, number> | null {
    return this.native.portStatistics(port.info.port);
  }

  /**
   * Removes every port, then ends the workers. Links and pods stay as they are.
   * @throws the first failure; the workers are ended in any case
   */
  async stop(): Promise<void> {
    this.#ports.watcher = null;
    const removals = this.ports.map(async ({ attachment }) => {
      await this.removeRoutes(attachment);
      await this.removePort(attachment);
    });
    const results = await Promise.allSettled(removals);
    await this.native.stop();
    const failed = results.find((result) => result.status === "rejected");
    if (failed) throw failed.reason;
  }

  protected get watcher(): PortWatcher | null {
    return this.#ports.watcher;
  }

  protected networkOf(name: string): NetworkHandle {
    const network = this.#networks.get(name);
    if (!network) throw new Error(`network ${name} is not in the dataplane`);
    return network;
  }
}
