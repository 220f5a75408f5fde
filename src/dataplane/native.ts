import { createRequire } from "node:module";
import type { VfCounting, VfKernel } from "../../sriov/types.ts";
import type { DataplaneEvent } from "./native/events.ts";
import type { KernelBridges } from "./native/kernel-bridges.ts";
import type {
  CompanionOptions,
  HostFacts,
  HostLink,
  NetdevFeatures,
  PathProbe,
  PathProbeOptions,
  PodLink,
  PodOptions,
  VethOptions,
  VethPair,
} from "./native/links.ts";
import type { PeerChange, PeerInfo, VniOptions, VtepInfo, VtepOptions } from "./native/overlay.ts";
import type {
  CounterLayout,
  DataplaneOptions,
  PortInfo,
  PortOptions,
  PortTransmit,
} from "./native/ports.ts";
import type {
  FdbChange,
  FdbInfo,
  HostChange,
  MirrorStatus,
  NeighbourChange,
  NeighbourInfo,
  NetworkOptions,
  RouteChange,
  RouteInfo,
  RouteQuery,
} from "./native/tables.ts";
import type { TraceRequest, TraceResult } from "./native/trace.ts";

export type * from "./native/events.ts";
export type * from "./native/kernel-bridges.ts";
export type * from "./native/links.ts";
export type * from "./native/overlay.ts";
export type * from "./native/ports.ts";
export type * from "./native/tables.ts";
export type * from "./native/trace.ts";

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
