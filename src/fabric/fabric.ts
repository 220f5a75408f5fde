/**
 * Who else is out there. A driver keeps the nodes of a fabric in step with a store that others
 * maintain (a file, etcd, the Kubernetes API) and tells ours to it. It never forgets a node because
 * the store is away or an entry is half-written: only a complete answer of the store removes one.
 */
export interface FabricDriver {
  /**
   * Publishes our node and begins to tell of the others. Resolves at once, also when the store is
   * away: the driver tries again until close().
   */
  start(own: FabricNode, listener: FabricListener): Promise<void>;
  /** Our node as it is now; replaces what was published. Kept and tried again while the store is away. */
  publish(own: FabricNode): void;
  status(): FabricStatus;
  /** Stops telling. What was published stays, so that a restart of the agent disturbs nobody. */
  close(): Promise<void>;
}

/** Calls come one after the other, on the JavaScript thread. */
export interface FabricListener {
  /**
   * A node that is new or has changed, whole. Never our own.
   * @param unread networks that could not be read yet: what is known of the node's from before goes
   *   on to count
   */
  changed(node: FabricNode, unread?: readonly FabricNetworkKey[]): void;
  /** The store says, completely read, that the node is no longer there. */
  gone(name: string): void;
  /**
   * What was told is all that the store has: nodes that were not named are gone.
   * @param unreadable nodes that the store has, but in a form that makes no sense: what is known of
   *   them from before goes on to count
   */
  synchronised(unreadable: ReadonlySet<string>): void;
}

export interface FabricStatus {
  /** "static", "etcd", "kubernetes" or "evpn". */
  driver: string;
  connected: boolean;
  /** Nodes known, ours not counted. */
  nodes: number;
  /** Milliseconds since the epoch of the last complete synchronisation; 0 for never. */
  synchronisedAt: number;
  /** Entries that made no sense, with the reason; the last good state of theirs is kept. */
  rejected: { key: string; reason: string }[];
  /** Why it is not connected; "" otherwise. */
  lastError: string;
}

/** A node as others need to know it. */
export interface FabricNode {
  /** Unique in the fabric. */
  name: string;
  /** Of its VTEPs; at least one. */
  vteps: FabricVtep[];
  networks: FabricNetwork[];
}

export interface FabricVtep {
  /** UDP port, which also tells VTEPs of one node apart. */
  udpPort: number;
  /** Address in the underlay; "" for none. */
  address4: string;
  address6: string;
}

/** What a node has of one overlay network. */
export interface FabricNetwork {
  vni: number;
  /** The VTEP it is reached through, by UDP port. */
  udpPort: number;
  /** MAC of the VTEP in this network (routed networks); "" for none. */
  mac: string;
  /** Routed networks: prefixes behind this node, CIDR. */
  prefixes: string[];
  /** Bridged networks: stations behind this node; routed ones: addresses outside `prefixes`. */
  endpoints: FabricEndpoint[];
}

/** What tells networks of one node apart. */
export type FabricNetworkKey = Pick<FabricNetwork, "vni" | "udpPort">;

export interface FabricEndpoint {
  mac: string;
  /** Without prefix length. */
  addresses: string[];
}
