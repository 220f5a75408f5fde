import { createRequire } from "node:module";
import type { VfCounting, VfKernel } from "../../sriov/types.ts";

/** What native/addon.cpp exports. JS validates before it calls; C++ asserts. Keep the two in step. */
export interface Native extends KernelBridges {
  /** Indices of the counters in one block of the shared array; see native/engine/counters.hpp. */
  readonly counterLayout: CounterLayout;
  /** Kernel, library and capability facts for `millrace doctor`. */
  probeHost(): HostFacts;

  /**
   * Creates a veth pair in one step: `hostName` in our network namespace, `podName` inside `netns`
   * (a path). Rejects with code EEXIST when either name is taken.
   */
  createVeth(options: VethOptions): Promise<VethPair>;
  /** Removes one that an earlier agent has left, first. */
  createCompanion(options: CompanionOptions): Promise<void>;
  /** No effect when there is none, or none of ours. */
  deleteCompanion(names: Pick<CompanionOptions, "near" | "mac" | "alias">): Promise<void>;
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
  /**
   * Sends one echo that may not be fragmented, through the kernel, and waits for what comes of it.
   * Rejects with EADDRNOTAVAIL when the source is none of ours, EPERM when it may not be sent.
   */
  probePath(options: PathProbeOptions): Promise<PathProbe>;

  readonly Dataplane: new (options: DataplaneOptions) => NativeDataplane;
}

/** Tables of the kernel's bridges, which routing daemons for EVPN read and write; also in the addon. */
export interface KernelBridges {
  /** A VXLAN device and its bridge, or null when there is none. Rejects with EINVAL for other kinds. */
  describeKernelVxlan(ifname: string): Promise<KernelVxlan | null>;
  /**
   * What the kernel has about a VXLAN device or a port of a bridge: entries of its own and those of
   * its bridge (`bridge fdb show dev`). Rejects with ENODEV.
   */
  listKernelFdb(ifname: string): Promise<KernelFdbEntry[]>;
  /** Neighbours of both families of a device. Rejects with ENODEV. */
  listKernelNeighbours(ifname: string): Promise<KernelNeighbour[]>;
  /** Routes of a table that go by a gateway behind this device. Rejects with ENODEV. */
  listKernelRoutes(ifname: string, table: number): Promise<KernelGatewayRoute[]>;
  /** A static entry in the bridge of this port; takes the address from any other port. */
  setKernelFdb(port: string, mac: string): Promise<void>;
  /** Resolves false when there was none. */
  removeKernelFdb(port: string, mac: string): Promise<boolean>;
  /** A permanent neighbour that carries our mark; takes the place of another. */
  setKernelNeighbour(ifname: string, address: string, mac: string): Promise<void>;
  /** Resolves false when there was none. */
  removeKernelNeighbour(ifname: string, address: string): Promise<boolean>;
  /**
   * A port of a kernel bridge with nothing behind it, for FDB entries; made, or put in order when
   * it is there. Rejects with EEXIST when another device has the name.
   */
  ensureBridgePort(options: BridgePortOptions): Promise<{ ifindex: number; kind: string }>;
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

/** The veth pair that frames take between the ring loop and a device with backend tc. */
export interface CompanionOptions {
  /** Frames of the device are redirected there, and those of the loop come out of it. */
  near: string;
  /** The ring loop's. */
  far: string;
  /** Of both ends; tells one that has got no alias yet to be ours. */
  mac: string;
  /** Written to ifalias of both ends. */
  alias: string;
  mtu: number;
  /** Of either end, each way. */
  queues: number;
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

export interface KernelVxlan {
  ifindex: number;
  vni: number;
  udpPort: number;
  /** Its VTEP address; "" when none is given. */
  local: string;
  /** One device for many VNIs (`external`). */
  external: boolean;
  /** The bridge it is a port of; "" for none. */
  bridge: string;
  bridgeIfindex: number;
  bridgeMac: string;
  /** Routing table of the bridge: that of its VRF, else 254 (main). */
  table: number;
}

export interface KernelFdbEntry {
  mac: string;
  /** 0 for none. */
  vlan: number;
  /** In the table of the bridge, not in that of the device itself. */
  bridge: boolean;
  /** Remote VTEP, "" for none. */
  destination: string;
  /** Of the remote VTEP; 0: those of the device. */
  vni: number;
  udpPort: number;
  /** Id of a nexthop group in place of a destination (multihoming); 0 for none. */
  nexthop: number;
  permanent: boolean;
  /** Static: it does not age. */
  fixed: boolean;
  /** Put there by a routing daemon (`extern_learn`). */
  external: boolean;
}

export interface KernelNeighbour {
  address: string;
  /** "" while unresolved. */
  mac: string;
  /** Put there by a routing daemon (`extern_learn`). */
  external: boolean;
  /** Made by setKernelNeighbour(). */
  own: boolean;
}

export interface KernelGatewayRoute {
  /** CIDR. */
  prefix: string;
  gateways: string[];
}

export interface BridgePortOptions {
  name: string;
  bridge: string;
  /** Written to ifalias: how we recognise our own links. */
  alias: string;
}

export interface NetdevFeatures {
  ifindex: number;
  name: string;
  /** "basic", "redirect", "ndo-xmit", "xsk-zerocopy", "hw-offload", "rx-sg", "ndo-xmit-sg". */
  features: string[];
  /** False when the kernel cannot say (older than 6.3). */
  known: boolean;
}

export interface PathProbeOptions {
  /** Without prefix length; both of one family. */
  source: string;
  destination: string;
  /** Of the IP packet, its header included: 68 to 65535. */
  bytes: number;
  timeoutMs: number;
}

/**
 * reached: the destination has answered; too-big: a router or the own link refused it; silent:
 * nobody answered in time.
 */
export type PathProbe =
  | { outcome: "reached" | "silent"; mtu: 0 }
  /** The MTU that was told; 0 when none was. */
  | { outcome: "too-big"; mtu: number };

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

/** Backends of transmit: the TX ring without and with a copy, and live frames. */
export interface PortTransmit {
  backend: "zero-copy" | "copy" | "live-frames";
  /** Why it is not live-frames; "" when it is. */
  refused: string;
}

export type PortMode = "zero-copy" | "copy" | "generic";

export interface DataplaneOptions {
  /**
   * Shared memory of `slots * (maxWorkers + (workers.length + 1) * maxPorts)` entries, written by
   * the dataplane only.
   */
  counters: BigUint64Array;
  workers: WorkerOptions[];
  /** Whether any port will have a flow lane: it costs memory, and a look at each redirect that fails. */
  flowLane: boolean;
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
  /** Whether flows from and to this port may take the flow lane. */
  flowLane: boolean;
  /** The backend that frames leave by; auto: the best that is safe. */
  transmit: "auto" | "af-xdp" | "live-frames";
  /** Worker of queue 0, 1 …; as many queues are bound, or fewer if the device has fewer. */
  workers: number[];
  /** Frames the kernel may turn into skbs per kick: XDP_MAX_TX_SKB_BUDGET. */
  txBudget: number;
  /** Frames kept in the FILL ring of a queue. */
  fill: number;
  busyPoll: { usecs: number; budget: number } | null;
  /** With backend tc: what frames take between the device and the ring loop; null with backend xdp. */
  companion: Pick<CompanionOptions, "near" | "far"> | null;
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

/** A VXLAN tunnel endpoint of ours (RFC 7348). */
export interface VtepOptions {
  name: string;
  /** Id of the routed network whose routes lead to the other VTEPs. */
  underlay: number;
  /** Own addresses, one per family at most; "" for none. */
  address4: string;
  address6: string;
  /** Where it receives and where it sends to. */
  udpPort: number;
  /** UDP checksums of what it sends; auto: over IPv6 only (RFC 7348 5, RFC 8200 8.1). */
  udpChecksum: "auto" | "always" | "never";
  /** Outer TTL and hop limit. */
  ttl: number;
  /** Outer DSCP, or -1 for that of the inner packet (RFC 2983). ECN always follows RFC 6040. */
  dscp: number;
  /** Whether VXLAN inside VXLAN, for our own UDP port, may leave a tunnel. */
  nested: boolean;
}

export interface VtepInfo {
  /** Id. */
  vtep: number;
  /** The port without device that counts what is dropped on its way through the underlay. */
  port: number;
}

export interface PeerChange {
  op: "add" | "replace" | "del";
  /** Of the other VTEP. */
  address: string;
  /** Bytes of the longest outer IP packet that reaches it; 0 when unknown. */
  mtu: number;
}

export interface PeerInfo {
  address: string;
  mtu: number;
}

/** How a network takes part in an overlay. */
export interface VniOptions {
  /** From addVtep. */
  vtep: number;
  /** 1 to 16777215. */
  vni: number;
  /** Ours in this network: destination of routed packets from other VTEPs, source of ours. */
  mac: string;
  /** Bytes of an inner IP packet. */
  mtu: number;
  /** Bridged networks: whether sources of frames from other VTEPs are learned. */
  learning: boolean;
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
  /**
   * Whether the flow lane forwards such packets, so that the nodes do not see them: `known`; `new`:
   * it will when one has passed; `no-flow`: it never does; `off`: the port has none.
   */
  lane: "known" | "new" | "no-flow" | "off";
}

/** A station behind another VTEP is at the port of the VNI, and `…Peer` is that VTEP. */
export interface MacMoved {
  event: "mac-moved";
  network: number;
  mac: string;
  vlan: number;
  from: number;
  fromPeer: string;
  to: number;
  toPeer: string;
}

/** What the dataplane tells by itself. */
export type DataplaneEvent =
  /** A device of a port changed: gone, down or up, MTU, number of queues. */
  | { event: "link"; port: number; ifindex: number; change: "gone" | "down" | "up" | "queues" }
  /** A port transmits by another backend from now on; `reason` says why not by live frames. */
  | {
      event: "transmit";
      port: number;
      ifindex: number;
      backend: PortTransmit["backend"];
      reason: string;
    }
  | MacMoved
  | {
      event: "mac-limit";
      network: number;
      mac: string;
      vlan: number;
      port: number;
      portPeer: string;
    }
  | { event: "resync"; milliseconds: number; routes: number; overruns: number }
  /**
   * FDB entries of a kernel VXLAN device, neighbours of a bridge or routes through one have changed,
   * or the device has; ifindex 0: any of them may have. At most one per device and 20 ms.
   */
  | { event: "kernel-fdb"; ifindex: number };

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
  /** The backend that the port transmits by at the moment; null when it does not exist. */
  portTransmit(port: number): PortTransmit | null;
  /** Brings the counters of ports up to what has passed in the flow lane. Returns its flows. */
  countFlows(): number;
  /** Why there is no flow lane; "" when there is one. */
  flowLaneMissing(): string;

  /** All changes or none; rejects with the first that cannot be made. */
  applyRoutes(network: number, changes: RouteChange[]): Promise<void>;
  listRoutes(network: number, query: RouteQuery): Promise<{ routes: RouteInfo[]; total: number }>;
  applyNeighbours(network: number, changes: NeighbourChange[]): Promise<void>;
  listNeighbours(network: number): Promise<NeighbourInfo[]>;
  applyFdb(network: number, changes: FdbChange[]): Promise<void>;
  listFdb(network: number): Promise<FdbInfo[]>;
  /** Who is known to have which address in a bridged network: for ARP and ND suppression. */
  applyHosts(network: number, changes: HostChange[]): Promise<void>;

  /** The uplinks of the underlay take its UDP port from now on. */
  addVtep(options: VtepOptions): Promise<VtepInfo>;
  /** Rejects while a network uses it. */
  removeVtep(vtep: number): Promise<void>;
  /** The only VTEPs that frames are accepted from and sent to. All changes or none. */
  applyPeers(vtep: number, changes: PeerChange[]): Promise<void>;
  listPeers(vtep: number): Promise<PeerInfo[]>;
  /**
   * Connects a network with those of the same VNI on other nodes. Returns the number of a port
   * without a device: FDB entries with a `peer`, next hops and neighbours may name it.
   */
  addVni(network: number, options: VniOptions): Promise<number>;
  removeVni(network: number): Promise<void>;
  /** Peers that get a copy of what is flooded (head-end replication); replaces the list. */
  setFlood(network: number, peers: string[]): Promise<void>;

  /** Follows a table of the kernel (254 is main) into a routed network; 0 stops. */
  setMirror(network: number, table: number): Promise<void>;
  mirrorStatus(): MirrorStatus;

  /** The way of a packet through the real tables; nothing is sent and nothing learned. */
  trace(request: TraceRequest): Promise<TraceResult>;
}

/** PFs, VFs and their netdevs; also in the addon. */
export interface NativeVfs extends VfKernel, VfCounting {}

const require = createRequire(import.meta.url);

/**
 * Loads the addon built by `npm run build`.
 * @throws Error naming the remedy when it has not been built.
 */
export function loadNative(path = "../../build/Release/millrace.node"): Native & NativeVfs {
  try {
    return require(path) as Native & NativeVfs;
  } catch (cause) {
    throw new Error(`cannot load the native addon ${path}: run "npm run build"`, { cause });
  }
}
