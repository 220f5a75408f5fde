import { KeyedMutex } from "../../src/agent/keyed-mutex.ts";
import { FakeVfKernel } from "../fixtures/fake-vf-kernel.ts";
import type { FakeVfMachine } from "../fixtures/fake-vf-machine.ts";
import { Pools } from "../pools/pools.ts";
import type { PoolState } from "../pools/state.ts";
import { attachSteps } from "./attach.ts";
import { BOOT } from "./fixture.ts";
import { giveBack } from "./give-back.ts";
import type { VfKnobs } from "./knobs.ts";
import type { VfParts } from "./parts.ts";
import { perPf } from "./per-pf.ts";
import { planVf } from "./plan.ts";
import type { VfRecord } from "./record.ts";
import { runOrUndo } from "./steps.ts";

interface Entry {
  record: VfRecord;
  pool: string;
  attached: boolean;
}

/** What outlives an agent. */
export type Disk = Map<string, Entry>;

/** Allocation, attaching and giving back wired together, as small as it gets. */
export class SmallAgent {
  readonly kernel: FakeVfKernel;
  readonly pools: Pools;
  readonly disk: Disk;
  readonly #parts: VfParts;
  readonly #locks = new KeyedMutex();

  constructor(machine: FakeVfMachine, disk: Disk) {
    this.kernel = new FakeVfKernel(machine);
    this.kernel.turn = () => new Promise(setImmediate);
    const { parts } = this.kernel;
    this.#parts = { ...parts, kernel: perPf(parts.kernel, parts.pause) };
    this.disk = structuredClone(disk);
    this.pools = new Pools({ now: () => performance.now(), cooldownSeconds: 0 });
    const vfs = [...machine.vfs.keys()].map((address) => machine.describe(address));
    this.pools.setMembers(vfs.map((vf) => ({ ...vf, pool: "blue" })));
    this.pools.restore(stateOf(disk));
  }

  add(owner: string, netns: string, knobs: VfKnobs): Promise<VfRecord> {
    return this.#locks.run(owner, () => this.#add(owner, netns, knobs));
  }

  async #add(owner: string, netns: string, knobs: VfKnobs): Promise<VfRecord> {
    const { generation, vf, pool } = await this.pools.acquire({ pool: "blue", owner });
    try {
      const wish = { vf, owner, generation, bootId: BOOT, netns, ifname: "net1", knobs };
      const record = await planVf(this.#parts, wish);
      const entry = { record, pool, attached: false };
      this.disk.set(owner, entry);
      await runOrUndo(attachSteps(this.#parts, record));
      entry.attached = true;
      return record;
    } catch (error) {
      if (this.disk.has(owner)) await this.#del(owner, generation).catch(() => {});
      else this.pools.release(owner, generation);
      throw error;
    }
  }

  /** @param generation of the record that a late DEL comes with; that of now when absent */
  del(owner: string, generation?: number): Promise<string> {
    return this.#locks.run(owner, () => this.#del(owner, generation));
  }

  async #del(owner: string, generation?: number): Promise<string> {
    const entry = this.disk.get(owner);
    if (!entry) return "nothing";
    const record = { ...entry.record, ...(generation !== undefined && { generation }) };
    const by = { holds: this.pools.holds.bind(this.pools), bootId: BOOT };
    const { outcome } = await giveBack(this.#parts, record, by);
    if (outcome === "not ours" || this.kernel.isDead) return outcome;
    this.disk.delete(owner);
    this.pools.release(owner, record.generation);
    return outcome;
  }

  /** What an agent does first: half-done ADDs are undone. */
  async recover(): Promise<void> {
    const half = [...this.disk].filter(([, { attached }]) => !attached);
    await Promise.all(half.map(([owner]) => this.del(owner)));
  }
}

function stateOf(disk: Disk): PoolState {
  const leases = [...disk.values()].map(({ record, pool }) => {
    const { address, owner, generation } = record;
    return { address, owner, generation, pool };
  });
  return { generation: 0, leases, cooling: [] };
}
