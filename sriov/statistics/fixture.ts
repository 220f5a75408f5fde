import { errno } from "../../src/dataplane/fake-errno.ts";
import type { Bdf, NetdevInfo, VfCounts } from "../types.ts";
import type { CountedVf, CountingKernel } from "./pf-reader.ts";

/** So many packets in each direction, of 100 bytes. */
export const moved = (packets: number, more: Partial<VfCounts> = {}): VfCounts => ({
  ...{ rxPackets: packets, txPackets: packets },
  ...{ rxBytes: 100 * packets, txBytes: 100 * packets },
  ...{ rxDropped: 0, txDropped: 0, ...more },
});

export const POD = "/run/netns/pod";

/** VF of a PF: vf(1, 0) is the first of ens1, at home. */
export const vf = (pf: number, index: number, netns = ""): CountedVf => ({
  address: `0000:0${pf}:10.${index * 2}`,
  pf: `0000:0${pf}:00.0`,
  pfName: `ens${pf}`,
  index,
  driver: "igbvf",
  netns,
});

const NETDEV: NetdevInfo = {
  ...{ ifindex: 0, name: "net1", altNames: [], mac: "", permanentMac: "", mtu: 1500 },
  ...{ up: true, carrier: true, promisc: false, allmulti: false, busAddress: "", driver: "igbvf" },
};

/** PFs and netdevs that count; tests set what, and what goes wrong. */
export class FakeCounting implements CountingKernel {
  /** By name of the PF, in the order of its VFs; what fails or hangs instead. */
  readonly pfs = new Map<string, VfCounts[] | (() => Promise<never>)>();
  readonly netdevs = new Map<Bdf, { netns: string; ifindex: number; counts: VfCounts }>();
  /** Paths of namespaces that are gone. */
  readonly dead = new Set<string>();
  readonly calls: string[] = [];
  #ifindex = 1;

  /** As when a driver is bound: a new netdev, in place of the one it had. */
  addNetdev({ address, netns }: CountedVf, counts: VfCounts): void {
    this.netdevs.set(address, { netns, ifindex: this.#ifindex++, counts });
  }

  async listVfStatistics(pf: string) {
    this.calls.push(`listVfStatistics ${pf}`);
    const told = this.pfs.get(pf);
    if (told === undefined) throw errno("ENODEV", `interface ${pf}`);
    if (typeof told === "function") return told();
    return told.map((counts, index) => ({ ...counts, index, broadcast: 0, multicast: 0 }));
  }

  async findNetdev(netns: string, address: Bdf): Promise<NetdevInfo | null> {
    this.calls.push(`findNetdev ${netns} ${address}`);
    if (this.dead.has(netns)) throw errno("ENOENT", `network namespace ${netns}`);
    const netdev = this.netdevs.get(address);
    return netdev?.netns === netns ? { ...NETDEV, ifindex: netdev.ifindex } : null;
  }

  async netdevStatistics(netns: string, ifindex: number, address: Bdf) {
    this.calls.push(`netdevStatistics ${netns} ${ifindex} ${address}`);
    if (this.dead.has(netns)) throw errno("ENOENT", `network namespace ${netns}`);
    const netdev = this.netdevs.get(address);
    if (netdev?.netns !== netns || netdev.ifindex !== ifindex) {
      throw errno("ENODEV", `interface with index ${ifindex} of ${address}`);
    }
    return { ...netdev.counts, rxErrors: 0, txErrors: 0 };
  }
}
