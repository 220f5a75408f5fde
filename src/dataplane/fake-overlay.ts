import { errno } from "./fake-errno.ts";
import type { FakeNative } from "./fake-native.ts";
import { FakeTables } from "./fake-tables.ts";
import type {
  FdbChange,
  NetworkOptions,
  PeerChange,
  PeerInfo,
  PortOptions,
  VniOptions,
  VtepInfo,
  VtepOptions,
} from "./native.ts";

interface FakeVtep extends VtepOptions {
  /** Without device, for what it sends into the underlay. */
  port: number;
  peers: Map<string, PeerInfo>;
}

interface FakeVni extends VniOptions {
  port: number;
  flood: string[];
}

/** VTEPs and VNIs of the addon in memory, with the refusals that its contract names. */
export class FakeOverlay extends FakeTables {
  /** By id; holes where one was removed. */
  readonly networks: NetworkOptions[] = [];
  readonly ports = new Map<number, PortOptions>();
  /** By id. */
  readonly vteps = new Map<number, FakeVtep>();
  /** By network. */
  readonly vnis = new Map<number, FakeVni>();
  readonly #native: FakeNative;
  #nextVtep = 0;

  constructor(native: FakeNative) {
    super(native);
    this.#native = native;
  }

  addVtep(options: VtepOptions): Promise<VtepInfo> {
    return this.#native.call("addVtep", () => {
      const { underlay, udpPort, address4, address6 } = options;
      if (this.networks[underlay]?.kind !== "routed") {
        throw errno("EINVAL", `network ${underlay} is no routed network`);
      }
      if (address4 === "" && address6 === "") throw errno("EINVAL", "a VTEP without address");
      const taken = [...this.vteps.values()].some((vtep) => vtep.udpPort === udpPort);
      if (taken) throw errno("EEXIST", `a VTEP has UDP port ${udpPort}`);
      const id = this.#nextVtep++;
      const port = this.freePort();
      this.vteps.set(id, { ...options, port, peers: new Map() });
      return { vtep: id, port };
    });
  }

  removeVtep(id: number): Promise<void> {
    return this.#native.call("removeVtep", () => {
      this.#vtep(id);
      const used = [...this.vnis.values()].some(({ vtep }) => vtep === id);
      if (used) throw errno("EBUSY", `a network uses VTEP ${id}`);
      this.vteps.delete(id);
    });
  }

  applyPeers(id: number, changes: PeerChange[]): Promise<void> {
    return this.#native.call("applyPeers", () => {
      const vtep = this.#vtep(id);
      const peers = new Map(vtep.peers);
      for (const { op, address, mtu } of changes) {
        requireReachable(vtep, address);
        if (op === "add" && peers.has(address)) throw errno("EEXIST", `peer ${address} exists`);
        if (op === "del" && !peers.delete(address)) throw errno("ENOENT", `no peer ${address}`);
        if (op !== "del") peers.set(address, { address, mtu });
      }
      vtep.peers = peers;
      this.#forgetPeers(id, peers);
    });
  }

  async listPeers(id: number): Promise<PeerInfo[]> {
    return structuredClone([...this.#vtep(id).peers.values()]);
  }

  addVni(network: number, options: VniOptions): Promise<number> {
    return this.#native.call("addVni", () => {
      if (!this.networks[network]) throw errno("EINVAL", `network ${network} does not exist`);
      this.#vtep(options.vtep);
      const { vni, vtep } = options;
      const taken = [...this.vnis.values()].some((one) => one.vni === vni && one.vtep === vtep);
      if (taken || this.vnis.has(network)) throw errno("EEXIST", `VNI ${vni} exists`);
      const port = this.freePort();
      this.vnis.set(network, { ...options, port, flood: [] });
      return port;
    });
  }

  removeVni(network: number): Promise<void> {
    return this.#native.call("removeVni", () => {
      this.#vni(network);
      this.vnis.delete(network);
    });
  }

  setFlood(network: number, peers: string[]): Promise<void> {
    return this.#native.call("setFlood", () => {
      const vni = this.#vni(network);
      if (this.networks[network]?.kind === "routed") {
        throw errno("EINVAL", `network ${network} is routed: nothing is flooded in it`);
      }
      const known = this.#vtep(vni.vtep).peers;
      const stranger = peers.find((peer) => !known.has(peer));
      if (stranger !== undefined) throw errno("EINVAL", `${stranger} is no peer`);
      vni.flood = [...peers];
    });
  }

  override applyFdb(network: number, changes: FdbChange[]): Promise<void> {
    for (const { op, port, peer } of changes) {
      if (op === "del") continue;
      const vni = this.vnis.get(network);
      const remote = vni?.port === port;
      const known = remote && this.vteps.get(vni.vtep)?.peers.has(peer);
      if (remote ? known : peer === "") continue;
      return Promise.reject(errno("EINVAL", `port ${port} does not lead to peer "${peer}"`));
    }
    return super.applyFdb(network, changes);
  }

  /** The lowest number that neither a device nor a VNI has. */
  protected freePort(): number {
    const without = [...this.vnis.values(), ...this.vteps.values()];
    const taken = new Set(without.map(({ port }) => port));
    let port = 0;
    while (this.ports.has(port) || taken.has(port)) port++;
    return port;
  }

  /** What leads to a peer goes with it. */
  #forgetPeers(vtep: number, peers: ReadonlyMap<string, PeerInfo>): void {
    for (const [network, vni] of this.vnis) {
      if (vni.vtep !== vtep) continue;
      vni.flood = vni.flood.filter((peer) => peers.has(peer));
      for (const [key, { port, peer }] of this.fdb) {
        const ours = key.startsWith(`${network} `) && port === vni.port;
        if (ours && !peers.has(peer)) this.fdb.delete(key);
      }
    }
  }

  #vtep(id: number): FakeVtep {
    const vtep = this.vteps.get(id);
    if (!vtep) throw errno("EINVAL", `VTEP ${id} does not exist`);
    return vtep;
  }

  #vni(network: number): FakeVni {
    const vni = this.vnis.get(network);
    if (!vni) throw errno("EINVAL", `network ${network} has no VNI`);
    return vni;
  }
}

function requireReachable({ address4, address6 }: VtepOptions, peer: string): void {
  const own = peer.includes(":") ? address6 : address4;
  if (own === "") throw errno("EINVAL", `peer ${peer}: the VTEP has no address of that family`);
  if (own === peer) throw errno("EINVAL", `peer ${peer} is the VTEP itself`);
}
