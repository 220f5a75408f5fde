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
