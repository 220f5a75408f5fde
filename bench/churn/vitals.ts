/** A tenth of what a port takes (144 KiB, `ports-250`): less cannot be told from other work. */
const tenthOfPort = 16_384;
/** A JavaScript heap is collected as a whole every few minutes; until then it gains as much. */
const heapSlack = 32e6;

const memory = { what: "bytes", unit: "MB", per: 1e6, limit: tenthOfPort, slack: 0 };
/** One of ten pods may leave one. */
const pieces = { unit: "", per: 1, limit: 0.1, slack: 0 };

/** What is watched of machine and dataplane while pods come and go; more of it is worse. */
export const vitals = [
  { ...memory, name: "memory-used", limit: null },
  { ...memory, name: "kernel-memory" },
  { ...memory, name: "slab-unreclaimable" },
  { ...memory, name: "resident-memory", slack: heapSlack },
  { ...pieces, name: "descriptors", what: "descriptors" },
  { ...pieces, name: "bpf-programs", what: "programs" },
  { ...pieces, name: "bpf-maps", what: "maps" },
  { ...pieces, name: "bpf-links", what: "links" },
  { ...pieces, name: "umem-in-use", what: "frames", unit: "frames" },
  { ...pieces, name: "network-namespaces", what: "namespaces" },
  { ...pieces, name: "stalled-releases", what: "reports" },
  { ...pieces, name: "packets-unaccounted", what: "packets" },
] as const satisfies readonly Vital[];

export interface Vital {
  name: string;
  /** That there is more of. */
  what: string;
  /** As it is shown; values are divided by `per` for it. */
  unit: string;
  per: number;
  /** What each pod that has gone may leave behind; null: shown and not judged. */
  limit: number | null;
  /** What all of them together may leave, if that is more. */
  slack: number;
}

export type VitalName = (typeof vitals)[number]["name"];

/** Bytes or pieces; null: this machine does not tell. */
export type Vitals = Record<VitalName, number | null>;
