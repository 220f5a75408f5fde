/** What is watched of machine and dataplane while pods come and go; more of it is worse. */
export const vitals = [
  { name: "memory-used", what: "bytes", unit: "MB", per: 1e6, limit: 4096 },
  { name: "slab-unreclaimable", what: "bytes", unit: "MB", per: 1e6, limit: 4096 },
  { name: "resident-memory", what: "bytes", unit: "MB", per: 1e6, limit: 4096 },
  { name: "descriptors", what: "descriptors", unit: "", per: 1, limit: 0.1 },
  { name: "bpf-programs", what: "programs", unit: "", per: 1, limit: 0.1 },
  { name: "bpf-maps", what: "maps", unit: "", per: 1, limit: 0.1 },
  { name: "bpf-links", what: "links", unit: "", per: 1, limit: 0.1 },
  { name: "umem-in-use", what: "frames", unit: "frames", per: 1, limit: 0.1 },
  { name: "network-namespaces", what: "namespaces", unit: "", per: 1, limit: 0.1 },
  { name: "stalled-releases", what: "reports", unit: "", per: 1, limit: 0.1 },
  { name: "packets-unaccounted", what: "packets", unit: "", per: 1, limit: 0.1 },
] as const satisfies readonly Vital[];

interface Vital {
  name: string;
  /** That there is more of. */
  what: string;
  /** As it is shown; values are divided by `per` for it. */
  unit: string;
  per: number;
  /**
   * What a pod that has gone may leave behind, in bytes or pieces. A page is the least that the
   * kernel keeps for a device, a ring or a program; of pieces, one of ten pods may leave one.
   */
  limit: number;
}

export type VitalName = (typeof vitals)[number]["name"];

/** Bytes or pieces; null: this machine does not tell. */
export type Vitals = Record<VitalName, number | null>;
