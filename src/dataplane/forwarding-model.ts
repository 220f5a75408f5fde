import type { NativeDataplane, PortInfo, PortVlans, RouteType } from "./native.ts";

/** The calls of the addon that the forwarding tables are kept with. */
export type TableNative = Pick<
  NativeDataplane,
  | "applyRoutes"
  | "listRoutes"
  | "applyNeighbours"
  | "listNeighbours"
  | "applyFdb"
  | "listFdb"
  | "listPeers"
  | "mirrorStatus"
  | "trace"
>;

/** What the tables are checked against: the networks and ports of this moment. */
export interface TableHost {
  native: TableNative;
  networks(): TableNetwork[];
  /** By port number. */
  ports(): TablePort[];
  /** Number of workers. */
  workers(): number;
  movePort(port: TablePort, queue: number, worker: number): Promise<PortInfo>;
}

export interface TableNetwork {
  id: number;
  name: string;
  kind: "routed" | "bridged";
  /** Addresses of the gateway itself, without length. */
  gateways: string[];
  /** CIDRs whose addresses are given to pods. */
  prefixes: string[];
  /** Table of the kernel that is followed, 0 for none. */
  mirrorTable: number;
  /** Those of the configuration. */
  leaks: Leak[];
  /** Null for a network that is on this node alone. */
  overlay: TableOverlay | null;
}

/** How a network reaches its part on other nodes. */
export interface TableOverlay {
  vni: number;
  /** Its VTEP: id in the addon and name. */
  vtep: number;
  vtepName: string;
  /** Number of the port that leads to other nodes. */
  port: number;
}

/** Destinations for which the routes of another network decide. */
export interface Leak {
  from: string;
  to: string;
  /** CIDR. */
  prefix: string;
}

export interface TablePort {
  port: number;
  /** Interface in the agent's network namespace; of a VNI its name, e.g. vxlan100. */
  ifname: string;
  network: string;
  /** vni: no device, it leads to other nodes. */
  role: "pod" | "uplink" | "vni";
  /** containerId:ifname; "" on an uplink and a VNI. */
  attachment: string;
  /** namespace/name; "" when the runtime did not say. */
  pod: string;
  /** Of the pod, without length. */
  addresses: string[];
  /** Bridged networks only, else null. */
  vlan: PortVlans | null;
  queues: { queue: number; worker: number }[];
}

export type ChangeOp = "add" | "replace" | "del";

/** A next hop as people name it. */
export interface ViaWish {
  /** "" for the pod behind `port`. */
  address: string;
  /** Anything findPort takes; "" to find it by the address. */
  port: string;
  /** 1 to 256. */
  weight: number;
}

export interface RouteWish {
  op: ChangeOp;
  /** CIDR. */
  prefix: string;
  type: Exclude<RouteType, "local" | "connected">;
  via: ViaWish[];
  /** Name of a network; "" unless type is leak. */
  leakTo: string;
  count: boolean;
}

export interface NeighbourWish {
  op: ChangeOp;
  port: string;
  address: string;
  /** "" for del. */
  mac: string;
}

export interface FdbWish {
  op: ChangeOp;
  mac: string;
  /** Null: the VLAN of the port's untagged frames; of del, the only one that knows the MAC. */
  vlan: number | null;
  /** "" for del, and with `peer` for the port of the network's VNI. */
  port: string;
  /** The VTEP that it is behind; "" for a port of this node, and for del. */
  peer: string;
}
