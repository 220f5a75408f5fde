import { VXLAN_PORT } from "../config/vtep-schema.ts";
import type {
  NativeDataplane,
  NetworkOptions,
  PeerChange,
  PeerInfo,
  VniOptions,
  VtepOptions,
} from "./native.ts";

/** A VTEP with its underlay by name. */
export interface VtepRequest extends Omit<VtepOptions, "underlay"> {
  underlay: string;
}

/** How a network takes part in an overlay, with its VTEP by name. */
export interface VniRequest extends Omit<VniOptions, "vtep"> {
  vtep: string;
}

export interface Vtep extends VtepRequest {
  /** In the addon. */
  id: number;
  /** The port without device that counts what is dropped on the way through the underlay. */
  port: number;
  /** The same as `name`, where other ports have their interface. */
  ifname: string;
  /** vtep:<name>, where the port of a pod has its attachment. */
  attachment: string;
  /** The underlay. */
  network: string;
}

/** The port without device that leads to the other nodes of a network. */
export interface VniPort extends VniRequest {
  /** Number in the addon, among those of the other ports. */
  port: number;
  /** What it goes by where other ports go by their interface: see vniPortName(). */
  ifname: string;
  /** vni:<ifname>, where that of a pod has its attachment. */
  attachment: string;
  network: string;
}

/** The same VNI may be used by two VTEPs, which have different UDP ports. */
export function vniPortName(vni: number, udpPort: number): string {
  return udpPort === VXLAN_PORT ? `vxlan${vni}` : `vxlan${vni}.${udpPort}`;
}

/** Told of ports and peers that come and go. */
export interface PortWatcher {
  /** A port is in service, or a VTEP has a new peer. */
  portCame(): void;
  /** Called before it goes, and waited for. @param port number of the port */
  portLeaves(port: number): Promise<void>;
  /**
   * Called when peers of a VTEP go, and waited for: what leads to them goes before them.
   * @param remove takes the peers away; until it has ended, nothing may lead to them again
   */
  peersLeave(vtep: string, peers: readonly string[], remove: () => Promise<void>): Promise<void>;
}

type Network = { id: number; kind: NetworkOptions["kind"] };

/** VTEPs, their peers and the VNIs of networks, by the names the control side uses. */
export abstract class Overlay {
  abstract readonly native: NativeDataplane;
  readonly #vteps = new Map<string, Vtep>();
  /** By network. */
  readonly #vnis = new Map<string, VniPort>();

  protected abstract get watcher(): PortWatcher | null;
  /** @throws Error when the dataplane has no such network */
  protected abstract networkOf(name: string): Network;

  /** In the order they were added. */
  get vteps(): Vtep[] {
    return [...this.#vteps.values()];
  }

  vtep(name: string): Vtep | undefined {
    return this.#vteps.get(name);
  }

  /** By port number. */
  get vnis(): VniPort[] {
    return [...this.#vnis.values()].sort((a, b) => a.port - b.port);
  }

  vni(network: string): VniPort | undefined {
    return this.#vnis.get(network);
  }

  /** @throws Error when the underlay is unknown; what the addon rejects with */
  async addVtep(request: VtepRequest): Promise<Vtep> {
    const underlay = this.networkOf(request.underlay).id;
    const { vtep: id, port } = await this.native.addVtep({ ...request, underlay });
    const { name } = request;
    const identity = { ifname: name, attachment: `vtep:${name}`, network: request.underlay };
    const vtep = { ...request, ...identity, id, port };
    this.#vteps.set(request.name, vtep);
    return vtep;
  }

  /** One that is not there is no error. @throws what the addon rejects with: a network uses it */
  async removeVtep(name: string): Promise<void> {
    const vtep = this.#vteps.get(name);
    if (!vtep) return;
    await this.native.removeVtep(vtep.id);
    this.#vteps.delete(name);
  }

  /** All changes or none. */
  async applyPeers(vtep: string, changes: PeerChange[]): Promise<void> {
    if (changes.length === 0) return;
    const { id } = this.#vtepOf(vtep);
    const { watcher } = this;
    const leave = changes.flatMap(({ op, address }) => (op === "del" ? address : []));
    const apply = () => this.native.applyPeers(id, changes);
    // Those that were to leave are still there when it fails.
    let came = leave.length > 0;
    try {
      await (watcher && leave.length > 0 ? watcher.peersLeave(vtep, leave, apply) : apply());
      came = changes.some(({ op }) => op === "add");
    } finally {
      if (came) watcher?.portCame();
    }
  }

  async listPeers(vtep: string): Promise<PeerInfo[]> {
    return await this.native.listPeers(this.#vtepOf(vtep).id);
  }

  /** Connects a network with those of the same VNI on other nodes. */
  async addVni(network: string, request: VniRequest): Promise<VniPort> {
    const { id: vtep, udpPort } = this.#vtepOf(request.vtep);
    const port = await this.native.addVni(this.networkOf(network).id, { ...request, vtep });
    const ifname = vniPortName(request.vni, udpPort);
    const vni = { ...request, network, port, ifname, attachment: `vni:${ifname}` };
    this.#vnis.set(network, vni);
    this.watcher?.portCame();
    return vni;
  }

  /** A network without VNI is no error. */
  async removeVni(network: string): Promise<void> {
    const vni = this.#vnis.get(network);
    if (!vni) return;
    await this.watcher?.portLeaves(vni.port);
    await this.native.removeVni(this.networkOf(network).id);
    this.#vnis.delete(network);
  }

  /** Peers that get a copy of what is flooded; replaces the list. */
  async setFlood(network: string, peers: string[]): Promise<void> {
    await this.native.setFlood(this.networkOf(network).id, peers);
  }

  #vtepOf(name: string): Vtep {
    const vtep = this.#vteps.get(name);
    if (!vtep) throw new Error(`VTEP ${name} is not in the dataplane`);
    return vtep;
  }
}
