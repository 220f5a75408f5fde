/**
 * A PCI address with its domain, lower case: 0000:3b:02.0. Devices go by it alone: names and
 * ifindexes are others after a reboot, and a VF may be in any namespace.
 */
export type Bdf = string;

/** A network device that can have virtual functions. */
export interface PhysicalFunction {
  address: Bdf;
  /** "" when it has no netdev in our namespace. */
  ifname: string;
  driver: string;
  /** PCI ids, four hex digits: 8086. */
  vendor: string;
  device: string;
  /** -1 when the platform does not say. */
  numaNode: number;
  /** null when there is no IOMMU. */
  iommuGroup: number | null;
  mac: string;
  mtu: number;
  linkUp: boolean;
  totalVfs: number;
  numVfs: number;
  /** "switchdev" makes a representor of each VF; "" when devlink says nothing. */
  eswitchMode: "legacy" | "switchdev" | "";
  /** Names of Documentation/netlink/specs/netdev.yaml; null when the kernel does not say. */
  xdpFeatures: string[] | null;
  /** Ordered by index. */
  vfs: VirtualFunction[];
}

export interface VirtualFunction {
  address: Bdf;
  pf: Bdf;
  /** Its number at the PF, N of virtfnN. */
  index: number;
  /** "" when no driver is bound. */
  driver: string;
  vendor: string;
  device: string;
  numaNode: number;
  iommuGroup: number | null;
  /** Netdev in our namespace; "" when it is in another one, or the driver makes none. */
  ifname: string;
  /** Whether its driver has made one, in whatever namespace it is now. */
  hasNetdev: boolean;
  /** Netdev of the PF that stands for it (switchdev); "" when there is none. */
  representor: string;
  xdpFeatures: string[] | null;
}

/** How a PF has set a VF up (IFLA_VFINFO_LIST); null for what its driver does not tell. */
export interface VfSettings {
  index: number;
  /** Administrative MAC; all zero when the PF has set none. */
  mac: string;
  vlan: number;
  vlanQoS: number;
  vlanProto: "802.1q" | "802.1ad";
  spoofchk: boolean | null;
  trust: boolean | null;
  linkState: "auto" | "enable" | "disable" | null;
  /** Mbit/s; 0: no limit. */
  minTxRate: number;
  maxTxRate: number;
}

/** One knob of a VF; the kernel sets one at a time. */
export type VfChange =
  | { mac: string }
  | { vlan: number; vlanQoS: number; vlanProto: "802.1q" | "802.1ad" }
  | { spoofchk: boolean }
  | { trust: boolean }
  | { linkState: "auto" | "enable" | "disable" }
  | { minTxRate: number; maxTxRate: number };

/** A netdev wherever it is. */
export interface NetdevInfo {
  ifindex: number;
  name: string;
  altNames: string[];
  mac: string;
  /** Burnt in, or what the PF has given; "" when the driver does not say. */
  permanentMac: string;
  mtu: number;
  up: boolean;
  /** Also link: up and carrier. */
  carrier: boolean;
  promisc: boolean;
  allmulti: boolean;
  /** From ethtool's driver information: the PCI address, for virtio too. "" for virtual links. */
  busAddress: string;
  driver: string;
}

export interface NetdevChange {
  name?: string;
  mac?: string;
  mtu?: number;
  up?: boolean;
  promisc?: boolean;
  allmulti?: boolean;
}

/** What of the kernel the life cycle of VFs needs. All errors carry `code` (EBUSY, EOPNOTSUPP …). */
export interface VfKernel {
  /** Settings of all VFs of a PF. @param pf name of its netdev in our namespace */
  listVfSettings(pf: string): Promise<VfSettings[]>;
  /** @throws what the driver refuses, with the knob in the message */
  setVf(pf: string, index: number, change: VfChange): Promise<void>;
  /** The netdev of a device; null when it is in that namespace no more. @param netns path, "" for ours */
  findNetdev(netns: string, address: Bdf): Promise<NetdevInfo | null>;
  /** One change after the other, in the order of NetdevChange; the link is taken down for name and MAC where it must. */
  setNetdev(netns: string, ifindex: number, change: NetdevChange): Promise<void>;
  /** Moves a netdev between namespaces, under a name that is free there. @returns its ifindex there */
  moveNetdev(from: string, ifindex: number, to: string, name: string): Promise<number>;
  /** Gratuitous ARP (RFC 5227 3) and unsolicited NA (RFC 4861 7.2.6) for an address. */
  announce(netns: string, ifname: string, address: string): Promise<void>;
}

/** Totals of a VF from its own view: received is what came to it, transmitted what it has sent. */
export interface VfCounts {
  rxPackets: number;
  txPackets: number;
  rxBytes: number;
  txBytes: number;
  rxDropped: number;
  txDropped: number;
}

/** What a PF has counted for a VF since it, its driver or the PF was reset (IFLA_VF_STATS). */
export interface VfStatistics extends VfCounts {
  index: number;
  /** Received. */
  broadcast: number;
  multicast: number;
}

/** What a netdev has counted since it was made or its driver began again (IFLA_STATS64). */
export interface NetdevStatistics extends VfCounts {
  rxErrors: number;
  txErrors: number;
}

/** Who counts for VFs. Counters are exact up to 2^53; all errors carry `code`. */
export interface VfCounting {
  /** Of all VFs of a PF. Zeros where its driver does not count. @param pf its netdev in our namespace */
  listVfStatistics(pf: string): Promise<VfStatistics[]>;
  /**
   * Of a netdev. Rejects with ENODEV when it is not there, or not that of the device: numbers are
   * given again to others; with ENOENT when there is no such namespace.
   * @param netns path, "" for ours
   * @param address of the device; "" for any netdev
   */
  netdevStatistics(netns: string, ifindex: number, address: Bdf): Promise<NetdevStatistics>;
}
