import type { CompanionOptions } from "./links.ts";

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
