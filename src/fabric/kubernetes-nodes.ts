import { isDeepStrictEqual } from "node:util";
import { AnnotationError } from "./annotation-error.ts";
import type { FabricListener, FabricNode, FabricStatus } from "./fabric.ts";
import { factsOf, type NodeObject } from "./kubernetes-client.ts";

/** So long may a Node be without annotations before it counts as having left the fabric. */
export const MISSING_MS = 60_000;

type Rejected = FabricStatus["rejected"][number];

interface Known {
  object: NodeObject;
  /** The last good state as it was told, as JSON; "" for none. */
  told: string;
  /** When its annotations disappeared; null while they are there. */
  missingSince: number | null;
  rejected: Rejected[];
}

/**
 * The other nodes as they were told to the listener. A node whose annotations make no sense keeps
 * its last good state. One whose annotations are all gone does for a minute, and is gone with the
 * first complete list after that: somebody may be about to write them anew.
 */
export class KnownNodes {
  readonly #known = new Map<string, Known>();
  readonly #read: (node: NodeObject) => FabricNode | null;
  readonly #listener: Pick<FabricListener, "changed" | "gone">;
  readonly #missingMs: number;

  /** @param read null when there are no annotations; throws AnnotationError */
  constructor(
    read: (node: NodeObject) => FabricNode | null,
    listener: Pick<FabricListener, "changed" | "gone">,
    missingMs = MISSING_MS,
  ) {
    this.#read = read;
    this.#listener = listener;
    this.#missingMs = missingMs;
  }

  /** Takes a complete list. */
  listed(nodes: readonly NodeObject[]): void {
    for (const node of nodes) this.changed(node);
    const names = new Set(nodes.map((node) => node.metadata.name));
    for (const [name, known] of this.#known) {
      if (!names.has(name)) this.deleted(name);
      else if (this.#hasLeft(known)) this.#forget(name, known);
    }
  }

  /** Returns false for what is known: kubelets change their Nodes every few minutes. */
  changed(object: NodeObject): boolean {
    const { name } = object.metadata;
    const before = this.#known.get(name);
    if (before !== undefined && isDeepStrictEqual(factsOf(before.object), factsOf(object))) {
      return false;
    }
    const known = before ?? { object, told: "", missingSince: null, rejected: [] };
    known.object = object;
    this.#known.set(name, known);
    this.#judge(known);
    return true;
  }

  deleted(name: string): void {
    const known = this.#known.get(name);
    if (known === undefined) return;
    this.#forget(name, known);
    this.#known.delete(name);
  }

  /** Looks at all again: what they mean depends on our own node, too. */
  rejudge(): void {
    for (const known of this.#known.values()) this.#judge(known);
  }

  /** Nodes told. */
  get count(): number {
    return [...this.#known.values()].filter((known) => known.told !== "").length;
  }

  /** Names of those that were never told because their annotations make no sense. */
  unreadable(): Set<string> {
    const all = [...this.#known].filter(
      ([, { told, rejected }]) => told === "" && rejected.length > 0,
    );
    return new Set(all.map(([name]) => name));
  }

  rejected(): Rejected[] {
    return [...this.#known.values()].flatMap((known) => known.rejected);
  }

  /** Milliseconds until a list should be read, for a node to be gone; null when none waits. */
  untilExpiry(): number | null {
    const since = [...this.#known.values()].flatMap((known) => known.missingSince ?? []);
    if (since.length === 0) return null;
    return Math.max(0, Math.min(...since) + this.#missingMs - performance.now());
  }

  #judge(known: Known): void {
    const { name } = known.object.metadata;
    try {
      const node = this.#read(known.object);
      if (node === null) this.#miss(name, known);
      else this.#tell(known, node);
    } catch (error) {
      if (!(error instanceof AnnotationError)) throw error;
      known.missingSince = null;
      known.rejected = [{ key: `${name} ${error.key}`, reason: error.message }];
    }
  }

  #tell(known: Known, node: FabricNode): void {
    known.missingSince = null;
    known.rejected = [];
    const told = JSON.stringify(node);
    if (told === known.told) return;
    known.told = told;
    this.#listener.changed(node);
  }

  #miss(name: string, known: Known): void {
    known.rejected = [];
    if (known.told === "") return;
    known.missingSince ??= performance.now();
    const seconds = Math.round(this.#missingMs / 1000);
    const reason = `the annotations are gone; the node counts as having left after ${seconds} s`;
    known.rejected = [{ key: `${name} metadata.annotations`, reason }];
  }

  #hasLeft({ missingSince }: Known): boolean {
    return missingSince !== null && performance.now() - missingSince >= this.#missingMs;
  }

  #forget(name: string, known: Known): void {
    const wasTold = known.told !== "";
    Object.assign(known, { told: "", missingSince: null, rejected: [] });
    if (wasTold) this.#listener.gone(name);
  }
}
