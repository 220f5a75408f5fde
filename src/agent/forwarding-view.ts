import type { PortIdentity } from "../dataplane/forwarding-find.ts";
import type { FdbWish, NeighbourWish, RouteWish } from "../dataplane/forwarding-model.ts";
import type {
  FdbInfo,
  MirrorStatus,
  NeighbourInfo,
  RouteSource,
  RouteType,
  TraceResult,
} from "../dataplane/native.ts";

/**
 * What the API can ask of the forwarding tables and change in them. Every method throws a
 * ForwardingError for what cannot be done, and nothing is changed then.
 */
export interface ForwardingApi {
  routes(filter: RouteFilter): Promise<RouteList>;
  neighbours(filter: NeighbourFilter): Promise<NeighbourList>;
  fdb(filter: FdbFilter): Promise<FdbList>;
  /** All changes or none, on the disk before they are in the table. */
  changeRoutes(network: string, changes: readonly RouteWish[]): Promise<Applied>;
  changeNeighbours(network: string, changes: readonly NeighbourWish[]): Promise<Applied>;
  changeFdb(network: string, changes: readonly FdbWish[]): Promise<Applied>;
  movePort(move: PortMove): Promise<PortMoved>;
  mirror(): MirrorView;
  trace(wish: TraceWish): Promise<TraceView>;
}

/** A port with what people call it. */
export interface PortRef extends PortIdentity {
  port: number;
}

/** An entry made by the API that the table does not have, or not in full. */
export interface WaitingView {
  network: string;
  /** Prefix, neighbour or MAC. */
  entry: string;
  reason: string;
}

export interface NextHopView extends PortRef {
  /** "" for the pod behind the port. */
  address: string;
  weight: number;
  /** "" while unresolved. */
  mac: string;
  resolved: boolean;
}

export interface RouteView {
  network: string;
  prefix: string;
  type: RouteType;
  source: RouteSource;
  nextHops: NextHopView[];
  /** Network that decides; null unless type is leak. */
  leakTo: string | null;
  /** Null unless counted. */
  packets: number | null;
  bytes: number | null;
}

export interface RouteList {
  routes: RouteView[];
  /** How many there are; more than `routes` when the limit cut them off. */
  total: number;
  waiting: WaitingView[];
}

export interface RouteFilter {
  /** "" for all routed networks. */
  network: string;
  family: 0 | 4 | 6;
  /** CIDR, "" for all. */
  within: string;
  /** Address, "" for all. */
  match: string;
  source: RouteSource | "";
  limit: number;
}

export interface NeighbourView extends PortRef, Omit<NeighbourInfo, "port"> {
  network: string;
}

export interface NeighbourList {
  neighbours: NeighbourView[];
  waiting: WaitingView[];
}

export interface NeighbourFilter {
  network: string;
  /** Anything that names a port; "" for all. */
  port: string;
  /** Only those without MAC. */
  unresolved: boolean;
}

export interface FdbView extends PortRef, Omit<FdbInfo, "port"> {
  network: string;
}

export interface FdbList {
  entries: FdbView[];
  waiting: WaitingView[];
}

export interface FdbFilter {
  network: string;
  /** "" for all. */
  mac: string;
  /** Null for all. */
  vlan: number | null;
  port: string;
}

export interface MirrorView extends MirrorStatus {
  /** Which network follows which table of the kernel. */
  tables: { network: string; table: number }[];
}

export interface PortMove {
  /** Anything that names a port. */
  port: string;
  queue: number;
  worker: number;
}

export interface PortMoved extends PortRef {
  /** Where each queue is now. */
  queues: { queue: number; worker: number }[];
}

export interface TraceWish {
  /** Anything that names a port. */
  from: string;
  /** Source address; "" for the pod's own. */
  source: string;
  to: string;
  protocol: "udp" | "tcp" | "icmp";
  sourcePort: number;
  destinationPort: number;
  /** Bytes of the IP packet. */
  length: number;
  ttl: number;
  /** Destination MAC; "" to take the gateway or the known host. */
  mac: string;
  /** Null for the untagged VLAN of the port. */
  vlan: number | null;
}

export interface TraceView extends Omit<TraceResult, "ports"> {
  from: PortRef;
  network: string;
  source: string;
  destination: string;
  protocol: TraceWish["protocol"];
  sourcePort: number;
  destinationPort: number;
  ports: PortRef[];
  /** Names of the ports that the steps mention, by number. */
  names: Record<string, string>;
  /** Names of networks, by id. */
  networks: Record<string, string>;
}

export interface Applied {
  /** Changes made. */
  applied: number;
}
