import { errno } from "./fake-errno.ts";
import type { FakeNative } from "./fake-native.ts";
import { FakeOverlay } from "./fake-overlay.ts";
import type {
  DataplaneEvent,
  DataplaneOptions,
  NativeDataplane,
  NetworkOptions,
  PortInfo,
  PortOptions,
  PortTransmit,
  TraceResult,
} from "./native.ts";

/** Receive queues of a device of the fake kernel that is no veth. */
const DEVICE_QUEUES = 4;

/** The workers of the addon with tables in memory; no packet ever comes. */
export class FakeDataplane extends FakeOverlay implements NativeDataplane {
  readonly options: DataplaneOptions;
  /** What shared uplinks take, by port. */
  readonly prefixes = new Map<number, string[]>();
  /** Queues of devices, by name; 4 unless set. */
  readonly queues = new Map<string, number>();
  running = false;
  readonly #native: FakeNative;
  readonly #infos = new Map<number, PortInfo>();
  #listener: (event: DataplaneEvent) => void = () => {};

  constructor(options: DataplaneOptions, native: FakeNative) {
    super(native);
    this.options = options;
    this.#native = native;
  }

  start(): void {
    this.running = true;
  }

  async stop(): Promise<void> {
    this.running = false;
    this.#listener = () => {};
  }

  describeWorkers() {
    return this.options.workers.map(({ cpu, frames, frameSize }) => ({
      cpu,
      umemBytes: frames * frameSize,
      hugepages: false,
    }));
  }

  onEvent(listener: (event: DataplaneEvent) => void): void {
    this.#listener = listener;
  }

  /** Tells of something, as the addon does by itself. */
  emit(event: DataplaneEvent): void {
    this.#listener(event);
  }

  async addNetwork(network: NetworkOptions): Promise<number> {
    return this.networks.push(network) - 1;
  }

  async removeNetwork(id: number): Promise<void> {
    delete this.networks[id];
  }

  addPort(options: PortOptions): Promise<PortInfo> {
    return this.#native.call("addPort", () => {
      const ifindex = this.#native.kernel.ifindexOf(options.ifname);
      if (ifindex === 0) throw errno("ENODEV", options.ifname);
      const far = options.companion?.far;
      if (far && this.#native.kernel.ifindexOf(far) === 0) throw errno("ENODEV", far);
      const port = this.freePort();
      this.ports.set(port, options);
      const refused = ["zero-copy: the driver has none"];
      const facts = { mode: "copy", txChecksum: "metadata", multiBuffer: true } as const;
      const queues = this.#bind(options.ifname, options.workers);
      return this.#save({ port, ifindex, ...facts, queues, refused });
    });
  }

  removePort(port: number): Promise<void> {
    return this.#native.call("removePort", () => {
      if (!this.ports.delete(port)) throw errno("EINVAL", `port ${port} does not exist`);
      this.prefixes.delete(port);
    });
  }

  movePort(port: number, queue: number, worker: number): Promise<PortInfo> {
    return this.#native.call("movePort", () => {
      const info = this.#info(port);
      const queues = info.queues.map((one) => (one.queue === queue ? { queue, worker } : one));
      return this.#save({ ...info, queues });
    });
  }

  syncQueues(port: number, workers: number[]): Promise<PortInfo> {
    return this.#native.call("syncQueues", () => {
      const ifname = this.ports.get(port)?.ifname ?? "";
      return this.#save({ ...this.#info(port), queues: this.#bind(ifname, workers) });
    });
  }

  setPrefixes(port: number, prefixes: string[]): Promise<void> {
    return this.#native.call("setPrefixes", () => void this.prefixes.set(port, prefixes));
  }

  portStatistics(port: number): Record<string, number> | null {
    return this.ports.has(port) ? { rx_dropped: 0 } : null;
  }

  portTransmit(port: number): PortTransmit | null {
    if (!this.ports.has(port)) return null;
    return { backend: "copy", refused: "the device is no veth" };
  }

  countFlows(): number {
    return 0;
  }

  flowLaneMissing(): string {
    return "";
  }

  async trace(): Promise<TraceResult> {
    return { steps: [], verdict: "dropped", ports: [], reason: "no-route", frame: "", lane: "off" };
  }

  #bind(ifname: string, workers: number[]): PortInfo["queues"] {
    const veth = this.#native.kernel.links.get(ifname);
    const has = veth?.queues ?? this.queues.get(ifname) ?? DEVICE_QUEUES;
    return workers.slice(0, has).map((worker, queue) => ({ queue, worker }));
  }

  #info(port: number): PortInfo {
    const info = this.#infos.get(port);
    if (!info || !this.ports.has(port)) throw errno("EINVAL", `port ${port} does not exist`);
    return info;
  }

  #save(info: PortInfo): PortInfo {
    this.#infos.set(info.port, info);
    return info;
  }
}
