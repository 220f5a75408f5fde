/** Where a network lives. */
export interface Placement {
  /** Id in the addon. */
  id: number;
  worker: number;
}

/** The worker of a network has no room for one more port. */
export class PortLimitError extends Error {
  constructor(worker: number, maxPorts: number) {
    super(`worker ${worker} serves dataplane.maxPorts = ${maxPorts} ports already`);
    this.name = "PortLimitError";
  }
}

interface Load {
  networks: number;
  ports: number;
}

/** How much each worker has to do: decides where networks go and when a worker is full. */
export class WorkerLoad {
  readonly #maxPorts: number;
  readonly #loads: Load[];

  constructor(maxPorts: number, workers: number) {
    this.#maxPorts = maxPorts;
    this.#loads = Array.from({ length: workers }, () => ({ networks: 0, ports: 0 }));
  }

  /** The worker with the fewest ports, among equals the one with the fewest networks. */
  placeNetwork(): number {
    const order = this.#loads.map((load, worker) => ({ load, worker }));
    order.sort((a, b) => a.load.ports - b.load.ports || a.load.networks - b.load.networks);
    const worker = order[0]?.worker ?? 0;
    this.#load(worker).networks++;
    return worker;
  }

  /** @throws PortLimitError */
  addPort(worker: number): void {
    const load = this.#load(worker);
    if (load.ports >= this.#maxPorts) throw new PortLimitError(worker, this.#maxPorts);
    load.ports++;
  }

  removePort(worker: number): void {
    this.#load(worker).ports--;
  }

  #load(worker: number): Load {
    const load = this.#loads[worker];
    if (!load) throw new RangeError(`worker ${worker} does not exist`);
    return load;
  }
}
