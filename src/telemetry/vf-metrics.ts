import { Counter, Gauge, type Registry } from "prom-client";
import type { CountedVf } from "../../sriov/statistics/pf-reader.ts";
import type { VfReadings } from "../../sriov/statistics/reader.ts";
import type { VfCounts } from "../../sriov/types.ts";

/**
 * used: an attachment has it; of the others, unhealthy: no pod could do anything with it; cooling: it
 * was given back lately; free: the next pod may get it.
 */
export type VfState = "free" | "used" | "cooling" | "unhealthy";

/** A VF of this node. */
export interface VfView extends CountedVf {
  /** -1 when the platform does not say. */
  numaNode: number;
  /** "" when no pool has it. */
  pool: string;
  state: VfState;
  /** Null while nobody has it, or when the runtime did not say who has. */
  pod: { namespace: string; name: string } | null;
  /** containerId:ifname; "" while nobody has it. */
  attachment: string;
}

/** VFs as the agent knows them. */
export interface VfMetricsSource {
  /** Names of all pools, also of those without VFs. */
  pools(): readonly string[];
  /** As they were found the last time; waits for nothing. */
  vfs(): readonly VfView[];
  /** Waits less than a second and never rejects, as VfReader. */
  statistics(): Promise<VfReadings>;
}

const STATES: VfState[] = ["free", "used", "cooling", "unhealthy"];

/** Name of the metric, field of the counts, help. */
const TOTALS = [
  ["receive_packets", "rxPackets", "Packets that came to a VF."],
  ["receive_bytes", "rxBytes", "Bytes that came to a VF."],
  ["receive_dropped", "rxDropped", "Packets for a VF that were dropped before it had them."],
  ["transmit_packets", "txPackets", "Packets that a VF has sent."],
  ["transmit_bytes", "txBytes", "Bytes that a VF has sent."],
  ["transmit_dropped", "txDropped", "Packets of a VF that were dropped instead of sent."],
] as const;

type VfLabel = "vf" | "pf" | "index";

/** VFs, who has them and what they move, all from the view of the VF. */
export class VfMetrics {
  readonly #source: VfMetricsSource;
  readonly #totals: readonly (readonly [keyof VfCounts, Counter<VfLabel>])[];
  readonly #failures: Counter<"pf">;
  readonly #info: Gauge;
  readonly #pools: Gauge<"pool" | "state">;
  #readings: VfReadings = { totals: new Map(), failures: new Map() };

  constructor(registry: Registry, source: VfMetricsSource) {
    this.#source = source;
    const registers = [registry];
    const labelNames = ["vf", "pf", "index"] as const;
    this.#totals = TOTALS.map(([name, field, help]) => {
      const of = { name: `millrace_vf_${name}_total`, help, labelNames, registers };
      return [field, new Counter(of)] as const;
    });
    this.#failures = new Counter({
      name: "millrace_vf_statistics_failures_total",
      help: "Times not all counters of a PF's VFs could be read in time.",
      labelNames: ["pf"],
      registers,
    });
    this.#info = new Gauge({
      name: "millrace_vf_info",
      help: "1 for each VF, with its driver, its pool and the pod that has it.",
      labelNames: [
        ...labelNames,
        ...["driver", "numa_node", "pool", "pod_namespace", "pod", "attachment"],
      ],
      registers,
    });
    this.#pools = new Gauge({
      name: "millrace_vf_pool_vfs",
      help: "VFs of a pool by state.",
      labelNames: ["pool", "state"],
      registers,
    });
  }

  /** Has the counters read, for the next refresh. */
  async read(): Promise<void> {
    this.#readings = await this.#source.statistics();
  }

  refresh(): void {
    const vfs = this.#source.vfs();
    this.#refreshPools(vfs);
    this.#refreshFailures(vfs);
    this.#info.reset();
    // What is set anew are totals: a VF that is back goes on where it was.
    for (const [, counter] of this.#totals) counter.reset();
    for (const vf of vfs) this.#refreshVf(vf);
  }

  #refreshVf(vf: VfView): void {
    const labels = { vf: vf.address, pf: nameOfPf(vf), index: String(vf.index) };
    const { driver, pool, pod, attachment } = vf;
    const who = { pod_namespace: pod?.namespace ?? "", pod: pod?.name ?? "", attachment };
    this.#info.set({ ...labels, driver, numa_node: String(vf.numaNode), pool, ...who }, 1);
    const counts = this.#readings.totals.get(vf.address);
    // 0 for a VF that nobody has counted for yet would look like one that moves nothing.
    if (counts === undefined) return;
    for (const [field, counter] of this.#totals) counter.inc(labels, counts[field]);
  }

  /** Every state of every pool has a value, so that a sum over nothing is 0 and not absent. */
  #refreshPools(vfs: readonly VfView[]): void {
    this.#pools.reset();
    for (const pool of this.#source.pools()) {
      for (const state of STATES) this.#pools.set({ pool, state }, 0);
    }
    for (const { pool, state } of vfs) if (pool !== "") this.#pools.inc({ pool, state });
  }

  #refreshFailures(vfs: readonly VfView[]): void {
    this.#failures.reset();
    for (const [pf, name] of new Map(vfs.map((vf) => [vf.pf, nameOfPf(vf)]))) {
      this.#failures.inc({ pf: name }, this.#readings.failures.get(pf) ?? 0);
    }
  }
}

const nameOfPf = ({ pf, pfName }: VfView): string => pfName || pf;
