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
