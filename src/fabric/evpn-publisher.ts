import type { EvpnDevice } from "./evpn-device.ts";
import { isErrno } from "./evpn-errors.ts";
import { type EvpnKernel, portAlias, portName } from "./evpn-options.ts";
import { stationsFor } from "./evpn-stations.ts";
import type { FabricNode } from "./fabric.ts";

type Rejected = { key: string; reason: string };

/**
 * Puts our stations where a routing daemon finds them: MAC addresses on a port of ours in the bridge
 * of a VXLAN device, IP addresses as neighbours of the bridge. It announces them as type 2 routes.
 */
export class EvpnPublisher {
  readonly #kernel: EvpnKernel;
  readonly #name: string;
  readonly #port: string;
  /** MAC address by station wanted at the last time; null before the first. */
  #before: ReadonlyMap<string, string> | null = null;
  #bridge = "";

  constructor(kernel: EvpnKernel, vxlan: string) {
    this.#kernel = kernel;
    this.#name = vxlan;
    this.#port = portName(vxlan);
  }

  /**
   * Makes the kernel agree with our node. What a remote VTEP announces too is left to it unless it
   * is new here: then it has moved to us (RFC 7432 15), and otherwise the two would fight for it.
   * @param device as just read
   * @returns stations that are not announced, with the reason
   * @throws Error of the kernel; what was not done is done by the next call
   */
  async write(own: FabricNode, device: EvpnDevice): Promise<Rejected[]> {
    const { stations, doubts } = stationsFor(own, device);
    const macs = new Map([...stations.keys()].map((mac) => [mac, mac]));
    const addresses = new Map(
      [...stations].flatMap(([mac, all]) => all.map((address) => [address, mac] as const)),
    );
    const rejected = [
      ...doubts,
      ...(await this.#writeMacs(macs, device)),
      ...(await this.#writeAddresses(addresses, device)),
    ];
    this.#before = new Map([...macs, ...addresses]);
    this.#bridge = device.vxlan.bridge;
    return rejected;
  }

  async #writeMacs(macs: ReadonlyMap<string, string>, device: EvpnDevice): Promise<Rejected[]> {
    const there = await this.#macsThere(device.vxlan.bridge, macs.size > 0);
    for (const mac of there) {
      if (!macs.has(mac)) await this.#kernel.removeKernelFdb(this.#port, mac);
    }
    const remote = new Map(device.fdb.map(({ mac, destination }) => [mac, destination]));
    const rejected: Rejected[] = [];
    for (const mac of macs.keys()) {
      if (there.has(mac)) continue;
      const other = remote.get(mac);
      if (other !== undefined && !this.#isNew(mac, mac)) {
        rejected.push(this.#contested(mac, other));
      } else await this.#kernel.setKernelFdb(this.#port, mac);
    }
    return rejected;
  }

  /** Static entries of our port, which is made when it is needed. */
  async #macsThere(bridge: string, needed: boolean): Promise<Set<string>> {
    if (needed && this.#bridge !== bridge) await this.#ensurePort(bridge);
    let entries = await this.#portEntries();
    // A port has an entry for its own address at least.
    if (needed && !entries.some((entry) => entry.bridge)) {
      await this.#ensurePort(bridge);
      entries = await this.#portEntries();
    }
    const ours = entries.filter((entry) => entry.bridge && entry.fixed && !entry.permanent);
    return new Set(ours.map(({ mac }) => mac));
  }

  async #ensurePort(bridge: string): Promise<void> {
    const alias = portAlias(this.#name);
    await this.#kernel.ensureBridgePort({ name: this.#port, bridge, alias });
  }

  async #portEntries() {
    try {
      return await this.#kernel.listKernelFdb(this.#port);
    } catch (error) {
      if (isErrno(error, "ENODEV")) return [];
      throw error;
    }
  }

  async #writeAddresses(
    addresses: ReadonlyMap<string, string>,
    { vxlan: { bridge }, neighbours }: EvpnDevice,
  ): Promise<Rejected[]> {
    for (const { address, own } of neighbours) {
      if (own && !addresses.has(address)) await this.#kernel.removeKernelNeighbour(bridge, address);
    }
    const there = new Map(neighbours.map((one) => [one.address, one]));
    const rejected: Rejected[] = [];
    for (const [address, mac] of addresses) {
      const known = there.get(address);
      if (known?.own && known.mac === mac) continue;
      if (known?.external && !this.#isNew(address, mac)) {
        rejected.push(this.#contested(address, known.mac));
      } else await this.#kernel.setKernelNeighbour(bridge, address, mac);
    }
    return rejected;
  }

  #isNew(what: string, mac: string): boolean {
    return this.#before !== null && this.#before.get(what) !== mac;
  }

  #contested(what: string, other: string): Rejected {
    const reason = `a station here that is announced by ${other} too: it is not announced by us`;
    return { key: `${this.#name} ${what}`, reason };
  }
}
