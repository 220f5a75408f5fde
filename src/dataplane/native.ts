import { createRequire } from "node:module";

/** What native/addon.cpp exports. JS validates before it calls; C++ asserts. Keep the two in step. */
export interface Native {
  /** Indices of the counters in one block of the shared array; see native/engine/counters.hpp. */
  readonly counterLayout: CounterLayout;
  /** Kernel, library and capability facts for `millrace doctor`. */
  probeHost(): HostFacts;

  /**
   * Creates a veth pair in one step: `hostName` in our network namespace, `podName` inside `netns`
   * (a path). Rejects with code EEXIST when either name is taken.
   */
  createVeth(options: VethOptions): Promise<VethPair>;
  /** Brings the pod end up with addresses, on-link gateways and routes; gateways come first. */
  configurePod(options: PodOptions): Promise<void>;
  /** What the pod end looks like now, or null when namespace or link is gone. */
  describePod(netns: string, ifname: string): Promise<PodLink | null>;
  /** Removes a link of ours; resolves false when it is gone or its alias differs (not ours). */
  deleteLink(name: string, alias: string): Promise<boolean>;
  /** Every link of our own network namespace. */
  listLinks(): Promise<HostLink[]>;
  /** Indices of the interfaces that a default route of any table leaves by. */
  defaultRouteInterfaces(): Promise<number[]>;
  /** XDP features of every netdev of our own network namespace (generic netlink family "netdev"). */
  netdevFeatures(): Promise<NetdevFeatures[]>;

  readonly Dataplane: new (options: DataplaneOptions) => NativeDataplane;
}

export interface VethOptions {
  hostName: string;
  hostMac: string;
  podName: string;
  podMac: string;
  netns: string;
  mtu: number;
  /** Receive and transmit queues of either end. */
  queues: number;
  /** Written to ifalias of the host end: how we recognise our own links after a crash. */
  alias: string;
}

export interface VethPair {
  hostIfindex: number;
  podIfindex: number;
}

export interface PodOptions {
  netns: string;
  ifname: string;
  /** CIDR notation, e.g. 10.1.0.2/32 and fd00:1::2/128. */
  addresses: string[];
  /** Addresses reached on-link, e.g. 10.1.0.1. */
  gateways: string[];
  routes: Route[];
}

export interface Route {
  /** CIDR. */
  dst: string;
  gw: string;
}

export interface HostLink {
  ifindex: number;
  name: string;
  alias: string;
  mac: string;
  mtu: number;
  up: boolean;
  /** "veth", "bridge" …; empty for physical devices. */
  kind: string;
  /** Attached XDP program id, 0 when none. */
  xdpProgram: number;
  /** Routing table of a device of kind "vrf" (IFLA_VRF_TABLE). */
  vrfTable?: number;
}

export interface NetdevFeatures {
  ifindex: number;
  name: string;
  /** "basic", "redirect", "ndo-xmit", "xsk-zerocopy", "hw-offload", "rx-sg", "ndo-xmit-sg". */
  features: string[];
  /** False when the kernel cannot say (older than 6.3). */
  known: boolean;
}

export interface PodLink {
  ifindex: number;
  mac: string;
  mtu: number;
  up: boolean;
  /** CIDR, without link-local. */
  addresses: string[];
  /** Routes of the main table that leave by this link; gw "" when on-link. */
  routes: Route[];
}

export interface HostFacts {
  kernel: string;
  libbpf: string;
  /** False with the reason when an AF_XDP socket cannot be opened by this process. */
  afXdp: { ok: boolean; reason: string };
  /** TX metadata (checksum) accepted by XDP_UMEM_REG: Linux 6.8 and newer. */
  txMetadata: boolean;
  hugepagesFree: number;
  memlockBytes: number;
}

/**
 * Layout of the shared counter array: `maxWorkers` worker blocks, then for each worker `maxPorts`
 * port blocks. A port is counted by every worker that handles its frames: its counters are sums.
 */
export interface CounterLayout {
  slots: number;
  maxPorts: number;
  maxWorkers: number;
  /** Slot of the first drop reason in a port block. */
  firstDrop: number;
  /** Names of the slots 0, 1 … of a port block. */
  port: string[];
  /** Names of the slots 0, 1 … of a worker block. */
  worker: string[];
  /** Names of the slots firstDrop, firstDrop + 1 … of a port block. */
  dropReasons: string[];
}

export type PortMode = "zero-copy" | "copy" | "generic";

export interface DataplaneOptions {
  /**
   * Shared memory of `slots * (maxWorkers + workers.length * maxPorts)` entries, written by the
   * workers only.
   */
  counters: BigUint64Array;
  workers: WorkerOptions[];
}

export interface WorkerOptions {
  /** CPU to pin to, -1 for none. */
  cpu: number;
  /** Its share of the UMEM, in frames. All ports and workers use the same UMEM. */
  frames: number;
  frameSize: number;
  hugepages: "auto" | "off" | "require";
  /** Descriptors per ring. Power of two. */
  ringSize: number;
  /** Frames per burst, 1 to 64. */
  batch: number;
  /** Empty rounds before the worker sleeps in poll(). */
  idleRounds: number;
  /** ICMP and ICMPv6 errors per second (RFC 1812 4.3.2.8, RFC 4443 2.4 f). */
  icmpPerSecond: number;
}

export interface PortOptions {
  /** Interface in our network namespace. */
  ifname: string;
  /** From addNetwork. */
  network: number;
  /** uplink: toward the underlay; many neighbours behind it, no source is pinned. */
  role: "pod" | "uplink";
  /**
   * What the XDP program takes from the device. all: everything (pods, uplinks of bridged networks);
   * dedicated: all but what is for the node itself (ARP, ND, groups, its own addresses);
   * shared: only what setPrefixes() names, everything else goes on to the kernel.
   */
  capture: "all" | "dedicated" | "shared";
  mode: "auto" | PortMode;
  /** Gateway MAC, the port's own; of an uplink the MAC of the device. */
  mac: string;
  /** The pod's MAC: frames with another source are dropped (source-mac). "" on an uplink. */
  podMac: string;
  /** Pod addresses without prefix length; other sources are dropped unless a route leads to them. */
  addresses: string[];
  mtu: number;
  /** Bridged networks only, else null. */
  vlan: PortVlans | null;
  /** Bridged networks: frames must carry the pod's own addresses. */
  spoofCheck: boolean;
  /** Bridged networks: MAC addresses learned on this port at most; 0 for no limit. */
  macLimit: number;
  /** Worker of queue 0, 1 …; as many queues are bound, or fewer if the device has fewer. */
  workers: number[];
  /** Frames the kernel may turn into skbs per kick: XDP_MAX_TX_SKB_BUDGET. */
  txBudget: number;
  /** Frames kept in the FILL ring of a queue. */
  fill: number;
  busyPoll: { usecs: number; budget: number } | null;
  /** The pod end, used by the self-test to send and receive one frame; null skips that part. */
  peer: { netns: string; ifname: string } | null;
}

/** IEEE 802.1Q. An access port has no tagged VLANs; 0 as pvid means: no untagged frames. */
export interface PortVlans {
  pvid: number;
  tagged: number[];
}

export interface PortInfo {
  port: number;
  ifindex: number;
  mode: PortMode;
  /** Who completes L4 checksums of frames sent by this port. */
  txChecksum: "metadata" | "software";
  /** Packets longer than a frame are received and sent in several (XDP_USE_SG). */
  multiBuffer: boolean;
  /** The queues bound to AF_XDP and the worker that serves each. */
  queues: { queue: number; worker: number }[];
  /** Modes tried before the one reached, each with the reason it was refused. */
  refused: string[];
}

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
}

export interface FdbInfo {
  mac: string;
  vlan: number;
  port: number;
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

export interface TraceRequest {
  port: number;
  /** Without prefix length, same family. */
  source: string;
  destination: string;
  /** "" to take the gateway of a routed network or the known host of a bridged one. */
  destinationMac: string;
  vlan: number;
  protocol: "udp" | "tcp" | "icmp";
  sourcePort: number;
  destinationPort: number;
  /** Bytes of the IP packet. */
  length: number;
  ttl: number;
}

export interface TraceStep {
  /** Name of the graph node. */
  node: string;
  /** What the node looked at and found: the entry that decided. */
  facts: Record<string, string | number>;
}

export interface TraceResult {
  steps: TraceStep[];
  verdict: "sent" | "dropped" | "answered" | "waiting" | "flooded";
  /** Where it leaves; empty when it does not. */
  ports: number[];
  /** Drop reason, or "". */
  reason: string;
  /** The frame as it leaves, hexadecimal; "" when it does not. */
  frame: string;
}

/** What the dataplane tells by itself. */
export type DataplaneEvent =
  /** A device of a port changed: gone, down or up, MTU, number of queues. */
  | { event: "link"; port: number; ifindex: number; change: "gone" | "down" | "up" | "queues" }
  | { event: "mac-moved"; network: number; mac: string; vlan: number; from: number; to: number }
  | { event: "mac-limit"; network: number; mac: string; vlan: number; port: number }
  | { event: "resync"; milliseconds: number; routes: number; overruns: number };

export interface NativeDataplane {
  start(): void;
  stop(): Promise<void>;
  /** Bytes and backing of each worker's share of the UMEM, CPU pinned to. */
  describeWorkers(): { cpu: number; umemBytes: number; hugepages: boolean }[];
  /** Called on the JavaScript thread for every event until stop(). */
  onEvent(listener: (event: DataplaneEvent) => void): void;

  /** Returns the id. */
  addNetwork(options: NetworkOptions): Promise<number>;
  removeNetwork(id: number): Promise<void>;

  addPort(options: PortOptions): Promise<PortInfo>;
  /** Detaches XDP, closes the sockets and returns every frame to its worker. */
  removePort(port: number): Promise<void>;
  /** Gives one queue to another worker while traffic flows. */
  movePort(port: number, queue: number, worker: number): Promise<PortInfo>;
  /** Binds queues that the device has got and gives up those it has lost (ethtool -L). */
  syncQueues(port: number, workers: number[]): Promise<PortInfo>;
  /** Destinations (CIDR) that a shared uplink takes from the kernel. */
  setPrefixes(port: number, prefixes: string[]): Promise<void>;
  /** Kernel-side ring statistics (XDP_STATISTICS), summed over the queues; null when dead. */
  portStatistics(port: number): Record<string, number> | null;

  /** All changes or none; rejects with the first that cannot be made. */
  applyRoutes(network: number, changes: RouteChange[]): Promise<void>;
  listRoutes(network: number, query: RouteQuery): Promise<{ routes: RouteInfo[]; total: number }>;
  applyNeighbours(network: number, changes: NeighbourChange[]): Promise<void>;
  listNeighbours(network: number): Promise<NeighbourInfo[]>;
  applyFdb(network: number, changes: FdbChange[]): Promise<void>;
  listFdb(network: number): Promise<FdbInfo[]>;
  /** Who is known to have which address in a bridged network: for ARP and ND suppression. */
  applyHosts(network: number, changes: HostChange[]): Promise<void>;

  /** Follows a table of the kernel (254 is main) into a routed network; 0 stops. */
  setMirror(network: number, table: number): Promise<void>;
  mirrorStatus(): MirrorStatus;

  /** The way of a packet through the real tables; nothing is sent and nothing learned. */
  trace(request: TraceRequest): Promise<TraceResult>;
}

const require = createRequire(import.meta.url);

/**
 * Loads the addon built by `npm run build`.
 * @throws Error naming the remedy when it has not been built.
 */
export function loadNative(path = "../../build/Release/millrace.node"): Native {
  try {
    return require(path) as Native;
  } catch (cause) {
    throw new Error(`cannot load the native addon ${path}: run "npm run build"`, { cause });
  }
}
