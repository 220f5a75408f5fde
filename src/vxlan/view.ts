import type { Conflict } from "./conflicts.ts";
import type { PathState } from "./path-mtu-search.ts";

/** What the API shows of the overlay. */
export interface OverlayApi {
  vteps(): Promise<VtepView[]>;
  vnis(): VniView[];
  fabric(): FabricView;
  counts(): OverlayCounts;
}

/** A VTEP of ours. */
export interface VtepView {
  name: string;
  /** "" for none. */
  address4: string;
  address6: string;
  udpPort: number;
  /** Network whose routes lead to the peers. */
  underlay: string;
  peers: PeerView[];
}

export interface PeerView {
  address: string;
  /** "" for one that was not made by the fabric. */
  node: string;
  /** Bytes of the longest outer packet; 0 while unknown. */
  pathMtu: number;
  /** What is known of the path. */
  path: PathState;
}

export interface VniView {
  network: string;
  vni: number;
  kind: "routed" | "bridged";
  vtep: string;
  /** Ours. */
  mac: string;
  mtu: number;
  /** VTEPs that get a copy of what is flooded. */
  flood: string[];
  /** On other nodes: MAC addresses of a bridged network, single addresses of a routed one. */
  remoteEndpoints: number;
  remotePrefixes: number;
}

export interface FabricView {
  /** Name of this node; "" when there is no fabric. */
  node: string;
  /** "static", "etcd", "kubernetes" or "none". */
  driver: string;
  connected: boolean;
  /** Why it is not connected; "" otherwise. */
  lastError: string;
  /** RFC 3339; null before the first time. */
  synchronisedAt: string | null;
  /** Why the nodes could not be kept on the disk, or read from it; "" when they can. */
  problem: string;
  nodes: FabricNodeView[];
  rejected: RejectedView[];
  conflicts: Conflict[];
}

export interface FabricNodeView {
  name: string;
  /** Of its VTEPs, as we reach them. */
  addresses: string[];
  /** Those it shares with us. */
  networks: string[];
  /** saved: told to an earlier agent, and not again since. */
  source: "fabric" | "saved";
}

export interface RejectedView {
  /** Node, or key in the store. */
  entry: string;
  reason: string;
}

export interface OverlayCounts {
  connected: boolean;
  nodes: number;
  /** Milliseconds since the epoch; 0 for never. */
  synchronisedAt: number;
  rejected: number;
  conflicts: number;
  /** By VTEP. */
  peers: Record<string, number>;
}

/** What an agent without VTEPs shows. */
export const NO_OVERLAY: OverlayApi = {
  vteps: async () => [],
  vnis: () => [],
  fabric: () => {
    const none = { node: "", driver: "none", connected: false, lastError: "" };
    const lists = { nodes: [], rejected: [], conflicts: [] };
    return { ...none, synchronisedAt: null, problem: "", ...lists };
  },
  counts: () => {
    const none = { connected: false, nodes: 0, synchronisedAt: 0 };
    return { ...none, rejected: 0, conflicts: 0, peers: {} };
  },
};
