import { isBound } from "../policy/drivers.ts";
import type { Bdf, NetdevStatistics, VfCounting, VfKernel, VfStatistics } from "../types.ts";
import { errnoOf } from "../vf/errors.ts";
import { locate, NETNS_GONE } from "../vf/locate.ts";
import type { VfTotals } from "./totals.ts";

/** A VF, and where who counts for it is found. */
export interface CountedVf {
  address: Bdf;
  pf: Bdf;
  /** Netdev of the PF in our namespace; "" when it has none there. */
  pfName: string;
  /** Its number at the PF. */
  index: number;
  /** "" when none is bound. */
  driver: string;
  /** Path of the namespace of the pod that has it; "" for none. */
  netns: string;
}

export type CountingKernel = VfCounting & Pick<VfKernel, "findNetdev">;

interface NetdevPlace {
  netns: string;
  ifindex: number;
}

/** The netdev or its namespace went while it was looked at. */
const GONE: ReadonlySet<string> = new Set([...NETNS_GONE, "ENODEV"]);

/**
 * Reads what the VFs of a PF have moved. PFs count for their VFs, also for those that a program has
 * by VFIO, or do not and say zero (igb); then the netdevs of the VFs are asked, wherever they are.
 */
export class PfReader {
  readonly #kernel: CountingKernel;
  readonly #totals: VfTotals;
  /** PFs that have told of a packet once: from then on they are asked, and nobody else. */
  readonly #counting = new Set<Bdf>();
  /** Where the netdev of a VF was the last time. */
  readonly #places = new Map<Bdf, NetdevPlace>();

  constructor(kernel: CountingKernel, totals: VfTotals) {
    this.#kernel = kernel;
    this.#totals = totals;
  }

  /**
   * @param vfs of one PF, all of them
   * @throws the first error, when everything that can be read was read
   */
  async read(vfs: readonly CountedVf[]): Promise<void> {
    const errors: unknown[] = [];
    const noted = (error: unknown) => void errors.push(error);
    const told = (await this.#askPf(vfs).catch(noted)) ?? new Map<number, VfStatistics>();
    for (const vf of vfs) {
      const byPf = told.get(vf.index);
      if (!this.#counting.has(vf.pf)) await this.#readNetdev(vf).catch(noted);
      else if (byPf) this.#totals.take(vf.address, "pf", byPf);
    }
    if (errors.length > 0) throw errors[0];
  }

  async #askPf([vf]: readonly CountedVf[]): Promise<Map<number, VfStatistics>> {
    if (vf === undefined || vf.pfName === "") return new Map();
    const told = await this.#kernel.listVfStatistics(vf.pfName);
    if (told.some(({ rxPackets, txPackets }) => rxPackets + txPackets > 0)) {
      this.#counting.add(vf.pf);
    }
    return new Map(told.map((one) => [one.index, one]));
  }

  async #readNetdev({ address, driver, netns }: CountedVf): Promise<void> {
    if (!isBound(driver, "kernel")) return; // it has none
    const read = (await this.#readAgain(address)) ?? (await this.#findAndRead(address, netns));
    if (read) this.#totals.take(address, "netdev", read);
  }

  /** To find a netdev among a thousand takes ten times as long as to read it. */
  async #readAgain(address: Bdf): Promise<NetdevStatistics | null> {
    const place = this.#places.get(address);
    return place ? this.#readAt(place, address) : null;
  }

  async #findAndRead(address: Bdf, netns: string): Promise<NetdevStatistics | null> {
    this.#places.delete(address);
    const found = await locate({ kernel: this.#kernel }, address, netns);
    if (found === null) return null;
    const place = { netns: found.netns, ifindex: found.netdev.ifindex };
    this.#places.set(address, place);
    return this.#readAt(place, address);
  }

  #readAt({ netns, ifindex }: NetdevPlace, address: Bdf): Promise<NetdevStatistics | null> {
    return this.#kernel.netdevStatistics(netns, ifindex, address).catch(nullIfGone);
  }
}

function nullIfGone(error: unknown): NetdevStatistics | null {
  if (GONE.has(errnoOf(error))) return null;
  throw error;
}
