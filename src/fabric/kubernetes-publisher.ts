import type { FabricNode, FabricStatus } from "./fabric.ts";
import type { NodeObject } from "./kubernetes-client.ts";
import { describeFailure } from "./kubernetes-error.ts";
import { type Annotating, type AnnotationPatch, differenceOf } from "./kubernetes-patch.ts";

export interface PublisherTiming {
  /** Between two patches: each is told to every node of the cluster. */
  intervalMs: number;
  /** After a patch that failed: from, and at most. */
  retryMs: number;
  maxRetryMs: number;
}

type Rejected = FabricStatus["rejected"][number];

/**
 * Keeps the annotations of our own Node as they should be, whoever changes them: each time the Node
 * is seen or our node changes, what differs is patched, and nothing but annotations of ours.
 */
export class NodePublisher {
  readonly #name: string;
  readonly #annotating: Annotating;
  readonly #patch: (patch: AnnotationPatch) => Promise<NodeObject>;
  readonly #settled: () => void;
  readonly #timing: PublisherTiming;
  #own: FabricNode | null = null;
  /** Undefined until a list has been read. */
  #object: NodeObject | null | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** When the last run began. */
  #last = Number.NEGATIVE_INFINITY;
  #busy = false;
  #closed = false;
  #failures = 0;
  #failure: Rejected[] = [];
  #problems: Rejected[] = [];

  /** @param settled called when rejected() may have changed */
  constructor(
    name: string,
    annotating: Annotating,
    patch: (patch: AnnotationPatch) => Promise<NodeObject>,
    settled: () => void,
    timing: PublisherTiming,
  ) {
    this.#name = name;
    this.#annotating = annotating;
    this.#patch = patch;
    this.#settled = settled;
    this.#timing = timing;
  }

  publish(own: FabricNode): void {
    this.#own = own;
    this.#schedule();
  }

  /** Our Node as the API has it; null when it has none. */
  observed(object: NodeObject | null): void {
    this.#object = object;
    this.#failures = 0;
    this.#schedule();
  }

  /** What could not be published. */
  rejected(): Rejected[] {
    return [...this.#problems, ...this.#failure];
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #schedule(ms = 0): void {
    if (this.#busy || this.#closed) return;
    clearTimeout(this.#timer);
    const spaced = this.#last + this.#timing.intervalMs - performance.now();
    this.#timer = setTimeout(() => this.#run(), Math.max(ms, spaced, 0));
  }

  async #run(): Promise<void> {
    this.#busy = true;
    this.#last = performance.now();
    const own = this.#own;
    const object = this.#object;
    try {
      const patched = await this.#once();
      this.#failure = [];
      this.#failures = 0;
      this.#busy = false;
      // A newer one may have been seen meanwhile.
      if (patched !== null && this.#object === object) this.#object = patched;
      if (own !== this.#own || object !== this.#object) this.#schedule();
    } catch (error) {
      this.#busy = false;
      this.#fail(describeFailure(error));
    }
    this.#settled();
  }

  /** Patches what differs; null when nothing does, or there is no Node to patch yet. */
  async #once(): Promise<NodeObject | null> {
    if (this.#own === null || this.#object === undefined) return null;
    if (this.#object === null) {
      const accepted = "accepted: the name of the Node that we run on (nodeName)";
      this.#problems = [this.#problem(`the cluster has no Node of this name; ${accepted}`)];
      return null;
    }
    const { patch, problems } = differenceOf(this.#own, this.#object, this.#annotating);
    this.#problems = problems.map(({ key, reason }) => this.#problem(reason, key));
    return Object.keys(patch).length === 0 ? null : await this.#patch(patch);
  }

  #fail(reason: string): void {
    this.#failure = [this.#problem(`cannot be published: ${reason}`)];
    const { retryMs, maxRetryMs } = this.#timing;
    this.#schedule(Math.min(retryMs * 2 ** this.#failures, maxRetryMs));
    this.#failures = Math.min(this.#failures + 1, 16);
  }

  #problem(reason: string, key?: string): Rejected {
    return { key: key === undefined ? this.#name : `${this.#name} ${key}`, reason };
  }
}
