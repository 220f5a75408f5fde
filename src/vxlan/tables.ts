import type {
  FdbChange,
  FdbInfo,
  HostChange,
  NeighbourChange,
  PeerChange,
  PeerInfo,
  RouteChange,
} from "../dataplane/native.ts";

import type { PathState } from "./path-mtu-search.ts";

/** A VTEP of ours. */
export interface OwnVtep {
  name: string;
  /** Routed network whose routes lead to the other VTEPs. */
  underlay: string;
  udpPort: number;
  /** "" for none. */
  address4: string;
  address6: string;
}

/** A network of ours that others may have as well. */
export interface OverlayNetwork {
  name: string;
  kind: "routed" | "bridged";
  vni: number;
  /** Name of the VTEP it is reached through. */
  vtep: string;
  /** Ours in this network. */
  mac: string;
  /** Bytes of an inner IP packet. */
  mtu: number;
  /** Number of the port without device that leads to the other nodes. */
  port: number;
  /** CIDRs whose addresses are given to pods of this node. */
  prefixes: readonly string[];
}

/** What others of this node have in the tables of a network: by key, who that is in words. */
export interface Reserved {
  /** Static routes of the configuration and the API, by canonical CIDR. */
  routes: ReadonlyMap<string, string>;
  /** MAC addresses of pods and static entries, in lower case. */
  macs: ReadonlyMap<string, string>;
  /** Addresses of pods of a bridged network. */
  addresses: ReadonlyMap<string, string>;
  /** Static neighbours on the port of the VNI, by address. */
  neighbours: ReadonlyMap<string, string>;
}

/** A peer, with what is known of the path to it where that is probed. */
export interface ShownPeer extends PeerInfo {
  path?: PathState;
}

/** What the overlay needs of the dataplane, by the names of VTEPs and networks. */
export interface OverlayTables {
  vteps(): readonly OwnVtep[];
  networks(): readonly OverlayNetwork[];
  reserved(network: string): Reserved;
  /** Each takes all changes or none, as those of NativeDataplane do. */
  applyPeers(vtep: string, changes: PeerChange[]): Promise<void>;
  listPeers(vtep: string): Promise<ShownPeer[]>;
  applyFdb(network: string, changes: FdbChange[]): Promise<void>;
  listFdb(network: string): Promise<FdbInfo[]>;
  applyHosts(network: string, changes: HostChange[]): Promise<void>;
  applyNeighbours(network: string, changes: NeighbourChange[]): Promise<void>;
  applyRoutes(network: string, changes: RouteChange[]): Promise<void>;
  /** Replaces the list. */
  setFlood(network: string, peers: string[]): Promise<void>;
}

/** VTEPs and networks of this node as they are looked up by what other nodes tell. */
export class Facts {
  readonly vteps: ReadonlyMap<string, OwnVtep>;
  readonly networks: ReadonlyMap<string, OverlayNetwork>;
  /** By VNI; two networks may share one on VTEPs with different UDP ports. */
  readonly #byVni = new Map<number, OverlayNetwork[]>();

  constructor(vteps: readonly OwnVtep[], networks: readonly OverlayNetwork[]) {
    this.vteps = new Map(vteps.map((vtep) => [vtep.name, vtep]));
    this.networks = new Map(networks.map((network) => [network.name, network]));
    for (const network of networks) {
      this.#byVni.set(network.vni, [...(this.#byVni.get(network.vni) ?? []), network]);
    }
  }

  withVni(vni: number): readonly OverlayNetwork[] {
    return this.#byVni.get(vni) ?? [];
  }

  udpPortOf({ vtep }: OverlayNetwork): number {
    return this.vteps.get(vtep)?.udpPort ?? 0;
  }
}
