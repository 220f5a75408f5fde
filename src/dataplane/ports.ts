import { MAX_QUEUES } from "../config/network-schema.ts";
import type { DataplaneConfig } from "../config/schema.ts";
import type { NativeDataplane, PortInfo } from "./native.ts";
import type { PortWatcher } from "./overlay.ts";
import { Port, type PortRequest, portOptions } from "./port.ts";
import { PortRegistry } from "./port-registry.ts";
import { WorkerLoad } from "./worker-load.ts";

/** The ports in service, and which worker has which of their queues. */
export class Ports extends PortRegistry {
  readonly load: WorkerLoad;
  watcher: PortWatcher | null = null;
  readonly #native: NativeDataplane;
  readonly #config: DataplaneConfig;

  constructor(native: NativeDataplane, config: DataplaneConfig, workers: number) {
    super();
    this.load = new WorkerLoad(config.maxPorts, workers);
    this.#native = native;
    this.#config = config;
  }

  /** @param network id of the network. @throws PortLimitError; what the addon rejects with */
  async bind(request: PortRequest, network: number): Promise<Port> {
    const { queues } = request;
    const workers = queues === "auto" ? this.load.placeSome(MAX_QUEUES) : this.load.place(queues);
    try {
      const options = portOptions(request, network, workers, this.#config);
      const port = this.add(new Port(request, await this.#native.addPort(options)));
      this.load.count(port.workers);
      this.watcher?.portCame();
      return port;
    } finally {
      this.load.remove(workers);
    }
  }

  /** @throws PortLimitError | RangeError */
  async move(port: Port, queue: number, worker: number): Promise<Port> {
    return await this.#rebind(port, [this.load.add(worker)], () =>
      this.#native.movePort(port.info.port, queue, worker),
    );
  }

  /** @throws PortLimitError */
  async syncQueues(port: Port): Promise<Port> {
    const kept = port.workers.slice(0, port.wanted);
    const missing = port.wanted - kept.length;
    const more = missing > 0 ? this.load.placeSome(missing) : [];
    return await this.#rebind(port, more, () =>
      this.#native.syncQueues(port.info.port, [...kept, ...more]),
    );
  }

  async unbind(port: Port): Promise<void> {
    await this.watcher?.portLeaves(port.info.port);
    await this.#native.removePort(port.info.port);
    this.delete(port.attachment);
    this.load.remove(port.workers);
  }

  /** @param taken what was added to the load for the change */
  async #rebind(port: Port, taken: number[], change: () => Promise<PortInfo>): Promise<Port> {
    try {
      const info = await change();
      // A port that was removed meanwhile counts no more.
      if (this.get(port.attachment) === port) {
        this.load.remove(port.workers);
        port.info = info;
        this.load.count(port.workers);
      }
      return port;
    } finally {
      this.load.remove(taken);
    }
  }
}
