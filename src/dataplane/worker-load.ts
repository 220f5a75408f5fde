/** No worker has room for one more queue of a port. */
export class PortLimitError extends Error {
  constructor(worker: number, maxPorts: number) {
    super(`worker ${worker} serves dataplane.maxPorts = ${maxPorts} ports already`);
    this.name = "PortLimitError";
  }
}

/** How many queues of ports each worker serves: decides where further ones go. */
export class WorkerLoad {
  readonly #maxPorts: number;
  readonly #queues: number[];

  /** @param maxPorts queues a worker serves at most */
  constructor(maxPorts: number, workers: number) {
    this.#maxPorts = maxPorts;
    this.#queues = new Array<number>(workers).fill(0);
  }

  /** Queues of each worker. */
  get queues(): readonly number[] {
    return this.#queues;
  }

  /**
   * Takes the least loaded worker for one queue after another, of equals the first.
   * @returns the worker of each queue
   * @throws PortLimitError when there is no room for all; none is taken then
   */
  place(queues: number): number[] {
    const placed: number[] = [];
    try {
      while (placed.length < queues) placed.push(this.add(this.#idlest()));
    } catch (error) {
      this.remove(placed);
      throw error;
    }
    return placed;
  }

  /** As place(), but content with fewer queues when there is no room for all. */
  placeSome(atMost: number): number[] {
    const room = this.#queues.reduce(
      (sum, queues) => sum + Math.max(0, this.#maxPorts - queues),
      0,
    );
    return this.place(Math.max(1, Math.min(atMost, room)));
  }

  /** One more queue for this worker. @throws PortLimitError | RangeError */
  add(worker: number): number {
    const queues = this.#queues[worker];
    if (queues === undefined) throw new RangeError(`worker ${worker} does not exist`);
    if (queues >= this.#maxPorts) throw new PortLimitError(worker, this.#maxPorts);
    this.#queues[worker] = queues + 1;
    return worker;
  }

  /** Counts what the addon has placed, which is never more than was taken for it. */
  count(workers: readonly number[]): void {
    for (const worker of workers) this.#queues[worker] = (this.#queues[worker] ?? 0) + 1;
  }

  /** Undoes add() or count(). */
  remove(workers: readonly number[]): void {
    for (const worker of workers) this.#queues[worker] = (this.#queues[worker] ?? 0) - 1;
  }

  #idlest(): number {
    return this.#queues.indexOf(Math.min(...this.#queues));
  }
}
