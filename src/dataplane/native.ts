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

/** Layout of the shared counter array: `maxPorts` port blocks, then `maxWorkers` worker blocks. */
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
  /** Shared memory of `slots * (maxPorts + maxWorkers)` entries, written by the workers only. */
  counters: BigUint64Array;
  workers: WorkerOptions[];
}

export interface WorkerOptions {
  /** CPU to pin to, -1 for none. */
  cpu: number;
  /** UMEM frames; one UMEM per worker, shared by all its ports. */
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
  mode: "auto" | PortMode;
  /** Gateway MAC, the port's own. */
  mac: string;
  /** The pod's MAC: frames with another source are dropped (source-mac). */
  podMac: string;
  /** Pod addresses without prefix length; other sources are dropped unless a route leads to them. */
  addresses: string[];
  mtu: number;
  /** Frames the kernel may turn into skbs per kick: XDP_MAX_TX_SKB_BUDGET. */
  txBudget: number;
  /** Frames kept in the FILL ring. */
  fill: number;
  busyPoll: { usecs: number; budget: number } | null;
  /** The pod end, used by the self-test to send and receive one frame; null skips that part. */
  peer: { netns: string; ifname: string } | null;
}

export interface PortInfo {
  port: number;
  mode: PortMode;
  /** Who completes L4 checksums of frames sent by this port. */
  txChecksum: "metadata" | "software";
  /** Modes tried before the one reached, each with the reason it was refused. */
  refused: string[];
}

export interface NativeDataplane {
  start(): void;
  stop(): Promise<void>;
  /** Bytes and backing of each worker's UMEM, CPU pinned to. */
  describeWorkers(): { cpu: number; umemBytes: number; hugepages: boolean }[];
  /** A VRF with its gateway addresses ("" for none); lives on one worker. Returns its id. */
  addNetwork(options: { worker: number; gateway4: string; gateway6: string }): Promise<number>;
  removeNetwork(id: number): Promise<void>;
  addPort(options: PortOptions): Promise<PortInfo>;
  /** Detaches XDP, closes the socket and returns every frame to the worker. */
  removePort(port: number): Promise<void>;
  /** Routes `prefix` (CIDR) of a network to the pod behind `port`. */
  addRoute(network: number, prefix: string, port: number): Promise<void>;
  removeRoute(network: number, prefix: string): Promise<void>;
  /** Kernel-side ring statistics (XDP_STATISTICS) of one port; null when the socket is dead. */
  portStatistics(port: number): Record<string, number> | null;
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
