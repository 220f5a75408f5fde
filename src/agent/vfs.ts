import { problemOf } from "../../sriov/device-plugin/pool-devices.ts";
import { assignVfs } from "../../sriov/policy/selectors.ts";
import type { PoolMember } from "../../sriov/pools/choose.ts";
import { PoolError } from "../../sriov/pools/pool-error.ts";
import { Pools } from "../../sriov/pools/pools.ts";
import type { Lease } from "../../sriov/pools/state.ts";
import type { Bdf, PhysicalFunction, VirtualFunction } from "../../sriov/types.ts";
import { HERE } from "../../sriov/vf/locate.ts";
import type { VfParts } from "../../sriov/vf/parts.ts";
import { passingName, type VfRecord } from "../../sriov/vf/record.ts";
import type { SriovConfig, SriovPool } from "../config/schema.ts";
import type { VfAttachmentRecord } from "../store/records.ts";
import type { Logger } from "../telemetry/log.ts";
import type { VfHost } from "./vf-host.ts";
import { nameOf, queryFor, type VfWanted } from "./vf-wanted.ts";

export type VfTaken = Pick<PoolMember, "address" | "pf" | "index" | "driver" | "pool"> & {
  generation: number;
};

type Held = Pick<VfRecord, "address" | "owner" | "generation">;

/** VFs that no pool of the configuration selects: the kubelet may know them from another plugin. */
const NO_POOL = "";

/** The VFs of this node, and which attachment has which. */
export class Vfs {
  /** What their life cycle works with. */
  readonly life: VfParts;
  readonly bootId: string;
  readonly #host: VfHost;
  readonly #config: readonly SriovPool[];
  readonly #pools: Pools;
  /** VFs that could not be given back, and why. */
  readonly #stuck = new Map<Bdf, string>();
  #pfs: readonly PhysicalFunction[] = [];
  #looking: Promise<void> | null = null;

  constructor(host: VfHost, { pools, reuseCooldown, warmVfs }: SriovConfig, log: Logger) {
    this.life = host.life;
    this.bootId = host.bootId;
    this.#host = host;
    this.#config = pools;
    this.#pools = new Pools({
      now: () => performance.now(),
      cooldownSeconds: reuseCooldown,
      warm: {
        count: warmVfs,
        prepare: ({ address }) => this.#quiesce(address),
        failed: ({ address }, err) => log.warn({ vf: address, err }, "a VF could not be prepared"),
      },
    });
  }

  /** Whether there is a network namespace at a path. */
  isNetns(path: string): Promise<boolean> {
    return this.#host.isNetns(path);
  }

  /** As they were seen last. */
  get pfs(): readonly PhysicalFunction[] {
    return this.#pfs;
  }

  /** Why a pod could do nothing with a VF; "" when it could. */
  problemOf(vf: VirtualFunction, pf: PhysicalFunction): string {
    return this.#stuck.get(vf.address) ?? problemOf(vf, pf);
  }

  /** Takes over what attachments of an earlier agent have. */
  restore(records: readonly VfAttachmentRecord[]): void {
    const leases = records.map(({ pool, vf: { address, owner, generation } }) => {
      return { address, pool, owner, generation };
    });
    this.#pools.restore({ generation: 0, leases, cooling: [] });
  }

  /** VFs with the name of one on its way, that no attachment has: somebody lost the journal. */
  get strays(): string[] {
    const all = this.#pfs.flatMap(({ vfs }) => vfs);
    return all
      .filter(({ address, ifname }) => ifname === passingName(address) && !this.holderOf(address))
      .map(({ address, ifname }) => {
        const remedy = `look at it with "ip -d link show ${ifname}" and give it its name`;
        return `VF ${address} was on its way to or from a pod that is not known: ${remedy}`;
      });
  }

  /** Looks which VFs there are. @throws when sysfs or netlink fail; what was known stays */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  /**
   * Gives an attachment a VF that nobody has, the one asked for or the best of the pool.
   * @throws PoolError
   */
  async acquire(owner: string, wanted: VfWanted): Promise<VfTaken> {
    const owning = () => wanted.device && this.#pools.poolOf(wanted.device);
    if (owning() === null) await this.look();
    const query = queryFor(this.#config, wanted, owning());
    const { vf, generation } = await this.#pools.acquire({ owner, ...query });
    const { address, pf, index, pool } = vf;
    try {
      // Somebody may have bound another since the last look.
      const driver = await this.#host.driverOf(address);
      return { address, pf, index, pool, driver, generation };
    } catch (error) {
      this.#pools.release(owner, generation);
      throw error;
    }
  }

  holds(record: Held): boolean {
    return this.#pools.holds(record);
  }

  release({ address, owner, generation }: Held): void {
    this.#stuck.delete(address);
    this.#pools.release(owner, generation);
  }

  /** Notes that a VF is not as it was, which keeps it from pods. */
  setStuck(address: Bdf, reason: string): void {
    this.#stuck.set(address, reason);
  }

  holderOf(address: Bdf): Lease | null {
    return this.#pools.holderOf(address);
  }

  poolOf(address: Bdf): string {
    return this.#pools.poolOf(address) ?? NO_POOL;
  }

  /** Names of the pools, in the order of the configuration. */
  get pools(): string[] {
    return this.#config.map(nameOf);
  }

  /**
   * Why no pod gets a VF of a pool now; "" when one does.
   * @param pool as pods name it
   * @param whenFull also when its VFs are only taken, which passes
   */
  whyNone(pool: string, whenFull: boolean): string {
    try {
      this.#pools.requireFree(queryFor(this.#config, { device: null, pool }, null).pool);
      return "";
    } catch (error) {
      if (!(error instanceof PoolError)) throw error;
      return error.code === "exhausted" && !whenFull ? "" : error.message;
    }
  }

  isCooling(address: Bdf): boolean {
    return this.#pools.isCooling(address);
  }

  async #look(): Promise<void> {
    const pfs = await this.#host.discover();
    this.#pfs = pfs;
    this.#pools.setMembers(this.#members(pfs));
  }

  #members(pfs: readonly PhysicalFunction[]): PoolMember[] {
    const pools = new Map<Bdf, string>();
    for (const [pool, vfs] of assignVfs(this.#config, pfs)) {
      for (const { address } of vfs) pools.set(address, nameOf(pool));
    }
    const vfs = pfs.flatMap((pf) => pf.vfs);
    return vfs.map((vf) => ({ ...vf, pool: pools.get(vf.address) ?? NO_POOL }));
  }

  // A link that is down already moves to its pod without the seconds that some drivers take for it.
  async #quiesce(address: Bdf): Promise<void> {
    const { kernel } = this.life;
    const netdev = await kernel.findNetdev(HERE, address);
    if (netdev?.up) await kernel.setNetdev(HERE, netdev.ifindex, { up: false });
  }
}
