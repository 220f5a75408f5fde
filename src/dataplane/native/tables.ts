export interface NetworkOptions {
  name: string;
  /** routed: a VRF; bridged: a bridge domain. */
  kind: "routed" | "bridged";
  /** Routed networks; "" for none. */
  gateway4: string;
  gateway6: string;
  /** Null for a routed network. */
  bridge: BridgeOptions | null;
}

export interface BridgeOptions {
  /** Addresses the FDB holds. Power of two. */
  fdbSize: number;
  /** Seconds without a frame after which a learned address is forgotten. */
  ageing: number;
  /** Flooded frames per second and worker; 0 for no limit. */
  floodPerSecond: number;
  /** Whether frames for unknown addresses, and for groups, are flooded. Broadcast always is. */
  unknownUnicast: boolean;
  multicast: boolean;
  /** Answer ARP and ND for known addresses instead of flooding the question. */
  suppression: boolean;
}

export type RouteType =
  | "unicast"
  | "blackhole"
  | "unreachable"
  | "prohibit"
  | "leak"
  | "local"
  | "connected";
/** Who made a route: an attachment, the API or configuration, the kernel mirror, the gateway itself. */
export type RouteSource = "pod" | "static" | "kernel" | "local" | "neighbour";

export interface NextHop {
  port: number;
  /** Without prefix length; "" for the pod behind the port itself. */
  address: string;
  /** 1 to 256; shares of a group are in proportion. */
  weight: number;
}

export interface RouteChange {
  /** add fails when the prefix has a route of this kind already, replace does not; del fails when not. */
  op: "add" | "replace" | "del";
  /** CIDR without host bits. */
  prefix: string;
  type: Exclude<RouteType, "local" | "connected">;
  /** Type unicast only. */
  nextHops: NextHop[];
  /** Type leak only: the network whose routes decide. */
  leakTo: number;
  /** Count packets and bytes that take this route. */
  counted: boolean;
  source: "pod" | "static";
}

export interface RouteQuery {
  /** 0 for both. */
  family: 0 | 4 | 6;
  /** Only routes inside this prefix (CIDR); "" for all. */
  within: string;
  /** Only the route that decides for this address; "" for all. */
  match: string;
  /** Only routes from there; "" for all. */
  source: RouteSource | "";
  limit: number;
}

export interface RouteInfo {
  prefix: string;
  type: RouteType;
  source: RouteSource;
  nextHops: (NextHop & { mac: string; resolved: boolean })[];
  /** Network id of a leak, else 0. */
  leakTo: number;
  /** Null unless counted. */
  packets: number | null;
  bytes: number | null;
}

export interface NeighbourChange {
  op: "add" | "replace" | "del";
  port: number;
  address: string;
  mac: string;
}

export interface NeighbourInfo {
  port: number;
  address: string;
  /** "" while unresolved. */
  mac: string;
  resolved: boolean;
  source: "kernel" | "static" | "none";
  /** Used by traffic since the kernel was last told so. */
  used: boolean;
}

export interface FdbChange {
  op: "add" | "replace" | "del";
  mac: string;
  vlan: number;
  port: number;
  /** On the port of a VNI: the VTEP that the address is behind; else "". */
  peer: string;
}

export interface FdbInfo {
  mac: string;
  vlan: number;
  port: number;
  /** The VTEP that it is behind, "" for a local port. */
  peer: string;
  source: "static" | "pod" | "learned";
  /** Seconds since the last frame; 0 for entries that do not age. */
  age: number;
}

export interface HostChange {
  op: "add" | "del";
  address: string;
  mac: string;
  /** VLAN that the host is in; 0 where there are none. */
  vlan: number;
}

export interface MirrorStatus {
  running: boolean;
  /** Objects known now. */
  routes: number;
  neighbours: number;
  links: number;
  /** Netlink messages read. */
  messages: number;
  /** Times the kernel's queue overflowed (ENOBUFS), and full resyncs made. */
  overruns: number;
  resyncs: number;
  /** Milliseconds of the last resync. */
  resyncMs: number;
  /** Kernel routes not taken, by reason. */
  skipped: Record<string, number>;
}
