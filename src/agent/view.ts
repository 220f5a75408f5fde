import type { PortMode, PortTransmit } from "../dataplane/native.ts";

/**
 * What the agent shows of itself. Every call returns a fresh plain object that survives
 * JSON.stringify unchanged; nothing here stops a worker or waits for the kernel.
 */
export interface AgentView {
  status(): AgentStatus;
  /** In the order of the configuration. */
  networks(): NetworkView[];
  /** Oldest first; includes attachments being added or removed. */
  attachments(): AttachmentView[];
  /** Those of devices, by port number. */
  ports(): PortView[];
  /** How the ring loop reaches an attachment; null when it has no port. Asks the kernel nothing. */
  portMode(attachment: string): PortMode | null;
  /** Of these and of the ports of VNIs, which have no device. */
  counters(): CountersView;
}

export interface AgentStatus {
  version: string;
  pid: number;
  state: "starting" | "ready" | "stopping" | "stopped";
  /** Why new pods cannot be attached now, in words; empty when they can. */
  problems: string[];
  /** RFC 3339. */
  startedAt: string;
  uptimeSeconds: number;
  socket: string;
  stateDir: string;
  bootId: string;
  networks: number;
  ports: number;
  /** How many of the ports have backend tc. */
  tcPorts: number;
  /** Null when no network has the key flowLane. */
  flowLane: FlowLaneView | null;
  attachments: Record<AttachmentViewState, number>;
  workers: WorkerView[];
  journal: JournalView;
  spool: SpoolView;
  /** The last sweep over journal and kernel, null before the first one. */
  reconcile: ReconcileView | null;
}

export interface FlowLaneView {
  flows: number;
  /** Why there is none on this machine; "" when there is one. */
  missing: string;
}

export interface WorkerView {
  worker: number;
  /** CPU pinned to, -1 for none. */
  cpu: number;
  umemBytes: number;
  hugepages: boolean;
  /** Frames of the UMEM, and how many of them are in rings or on their way. */
  frames: number;
  framesInUse: number;
  /** Of which it serves at least one queue. */
  ports: number;
}

export interface JournalView {
  path: string;
  bytes: number;
  records: number;
}

export interface SpoolView {
  path: string;
  /** DELs that came while the agent was away and are not done yet. */
  waiting: number;
  /** Files that are no DEL, moved aside. */
  unusable: number;
  /** Why the directory cannot be used, in words; "" when it can. */
  problem: string;
}

export interface ReconcileView {
  /** RFC 3339. */
  at: string;
  /** Half-done ADDs and DELs undone. */
  undone: number;
  /** Attachments whose port was added again, or whose VF got its settings back. */
  restored: number;
  /** Records dropped because their veth was gone at start, or the namespace of their VF is. */
  released: number;
  /** Own links without a record, deleted. */
  swept: number;
  /** Pods whose link vanished while the agent ran. */
  lost: number;
  /** What could not be repaired, in words; tried again at the next sweep. */
  failures: string[];
}

export interface NetworkView {
  name: string;
  /** Id in the dataplane. */
  id: number;
  kind: "routed" | "bridged";
  mtu: number;
  /** "" in a bridged network. */
  gatewayMac: string;
  /** One per family, IPv4 first. */
  subnets: SubnetView[];
  /** CIDRs every pod reaches through the gateway. */
  routes: string[];
  staticRoutes: StaticRouteView[];
  uplinks: UplinkView[];
  /** Table of the kernel whose routes and neighbours are followed; null for none. */
  mirrorTable: number | null;
  /** Those of the configuration. */
  leaks: { prefix: string; to: string }[];
  /** MAC addresses that a bridged network knows at most; null in a routed one. */
  fdbSize: number | null;
  attachments: number;
}

export interface UplinkView {
  /** Interface in the agent's network namespace. */
  ifname: string;
  /** dedicated: the network has it for itself; shared: the kernel uses it too. */
  use: "shared" | "dedicated";
  /** Null while the interface is not there or cannot be attached. */
  port: number | null;
}

export interface SubnetView {
  /** CIDR. */
  prefix: string;
  /** "" when there is none. */
  gateway: string;
  /** Addresses pods can have; a decimal string, as IPv6 exceeds 2^53. */
  capacity: string;
  allocated: number;
}

export interface StaticRouteView {
  /** CIDR. */
  prefix: string;
  via: string;
  /** False while no attached pod has the address `via`. */
  active: boolean;
}

/** lost: the link vanished without DEL; the address stays reserved until DEL comes. */
export type AttachmentViewState = "adding" | "attached" | "removing" | "lost";

export interface AttachmentView {
  /** containerId:ifname. */
  key: string;
  containerId: string;
  ifname: string;
  network: string;
  state: AttachmentViewState;
  /** Steps of ADD done, in order. */
  steps: string[];
  netns: string;
  pod: { namespace: string; name: string; uid: string } | null;
  /** CIDR, with the gateway or "". */
  addresses: { address: string; gateway: string }[];
  podMac: string;
  /** "" in mode vf. */
  hostName: string;
  /** Null in mode fastpath. `pool` is "" for a VF of no pool. */
  vf: { address: string; pf: string; index: number; pool: string } | null;
  mtu: number;
  /** Null while the attachment has no port in the dataplane. */
  port: number | null;
  mode: PortMode | null;
  /** RFC 3339. */
  createdAt: string;
}

export interface PortView {
  port: number;
  /** Interface in the agent's network namespace. */
  ifname: string;
  network: string;
  role: "pod" | "uplink";
  /** containerId:ifname, or uplink:<interface>. */
  attachment: string;
  /** What takes frames from the interface. */
  backend: "xdp" | "tc";
  mode: PortMode;
  txChecksum: "metadata" | "software";
  /** Packets longer than a frame are received and sent in several. */
  multiBuffer: boolean;
  /** The queues bound, and the worker that serves each. */
  queues: { queue: number; worker: number }[];
  /** Modes tried before the one reached, each with the reason. */
  refused: string[];
  /** Backend that frames leave by at the moment, and why it is not live frames; null when dead. */
  transmit: PortTransmit | null;
  /** Most frames the FILL ring may hold. */
  fill: number;
  /** XDP_STATISTICS of the socket, null when it is dead. */
  kernel: Record<string, number> | null;
}

/** Totals since the port or worker started. Exact up to 2^53. */
export interface CountersView {
  ports: PortCounters[];
  workers: WorkerCounters[];
}

export interface PortCounters {
  port: number;
  /** Interface, or the name of a VNI's port, e.g. vxlan100. */
  ifname: string;
  network: string;
  /** containerId:ifname, uplink:<interface> or vni:<name>. */
  attachment: string;
  /** By name, in the order of the layout: rx_packets …, without drops. */
  counters: Record<string, number>;
  /** By drop reason, zeroes included. */
  drops: Record<string, number>;
}

export interface WorkerCounters {
  worker: number;
  counters: Record<string, number>;
}
