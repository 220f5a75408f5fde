import { z } from "zod";
import {
  bool,
  cidr,
  ifname,
  integer,
  ipAddress,
  list,
  name,
  oneOf,
  powerOfTwo,
  wordOrInteger,
} from "./fields.ts";
import { vlanSchema, vlanTrunkSchema } from "./vlan-schema.ts";
import { vniSchema } from "./vtep-schema.ts";

/** Queues of one port at most: the kernel's own limit for a veth is higher, that of the addon not. */
export const MAX_QUEUES = 16;
const MAX_TABLE = 0xffffffff;

const staticRoute = z.strictObject({
  /** Reached through the pod that has the address `via`. */
  prefix: cidr,
  /** An address of a node prefix. It is kept for the pod that asks for it. */
  via: ipAddress,
});

const leak = z.strictObject({
  /** Destinations for which the routes of the other network decide. */
  prefix: cidr,
  /** A routed network of this configuration. */
  network: name,
});

const MIRROR = '{table: "main" or a number} or {vrf: a VRF device}';

const mirror = z
  .strictObject(
    {
      /** As in `ip route show table`. */
      table: wordOrInteger("main", 1, MAX_TABLE, "routing table").optional(),
      /** The table of this VRF device. */
      vrf: ifname.optional(),
    },
    { error: MIRROR },
  )
  .refine(({ table, vrf }) => (table === undefined) !== (vrf === undefined), {
    error: `either ${MIRROR}`,
  });

const uplink = z.strictObject({
  /** In the agent's network namespace. It need not be there at start. */
  interface: ifname,
  /**
   * shared: only packets for the node prefixes are taken, all else is left to the kernel;
   * dedicated: the network has the interface for itself.
   */
  use: oneOf(["shared", "dedicated"]).default("shared"),
  /** auto: all that the device has, 16 at most. */
  queues: wordOrInteger("auto", 1, MAX_QUEUES, "queues").default("auto"),
  /** Bridged networks: the VLAN of untagged frames. Without `vlanTrunk` too: no VLAN at all. */
  vlan: vlanSchema.optional(),
  /** Bridged networks: VLANs of tagged frames. */
  vlanTrunk: vlanTrunkSchema.optional(),
});

const fdb = z.strictObject({
  /** MAC addresses the network knows at most. */
  size: powerOfTwo(64, 1048576, "MAC addresses").default(8192),
  /** Seconds without a frame after which a learned address is forgotten (IEEE 802.1Q 8.8.3). */
  ageing: integer(1, 1000000, "seconds").default(300),
});

const flood = z.strictObject({
  /** Flooded frames per worker; 0 for no limit. */
  perSecond: integer(0, 10000000, "frames per second and worker").default(10000),
  /** Whether frames for addresses that nobody has been heard of are flooded. */
  unknownUnicast: bool.default(true),
  /** Whether frames for groups are flooded. Broadcast always is. */
  multicast: bool.default(true),
});

/** What a bridged network has; the keys are absent from routed ones. */
const bridged = {
  fdb: fdb.optional(),
  flood: flood.optional(),
  /** Answer ARP and ND for pods instead of flooding the question. Default true. */
  suppression: bool.optional(),
  /** Drop frames with another source than the pod's own. Default on; a NetConf may differ. */
  spoofchk: oneOf(["on", "off"]).optional(),
  /** MAC addresses learned behind a pod at most, 0 for no limit. Default 64. */
  macLimit: integer(0, 1048576, "MAC addresses per pod; 0 for no limit").optional(),
  /** With `vni`: learn which VTEP a source is behind from its frames. Default true. */
  learning: bool.optional(),
};

/** What a network has that is on other nodes too. */
const overlay = {
  /** Connects the network with those of the same VNI on other nodes (RFC 7348). */
  vni: vniSchema.optional(),
  /** Name of the VTEP that it is sent through. Default: the only one. */
  vtep: name.optional(),
  /**
   * Networks with a `vni`: the prefixes that all nodes take their node prefixes from. Routed: pods
   * get routes to them. Bridged: the subnet of the segment, at most one per family; pods have
   * addresses with its length.
   */
  clusterPrefixes: list(cidr, "CIDR prefixes").optional(),
};

/** Defaults of a bridged network. */
export const BRIDGED_DEFAULTS = {
  fdb: fdb.parse({}),
  flood: flood.parse({}),
  suppression: true,
  spoofchk: "on",
  macLimit: 64,
  learning: true,
} as const;

/** One item of the key `networks`. */
export const networkSchema = z.strictObject({
  /** Used in NetConf, metrics and the CLI. */
  name,
  /** routed: pods have a gateway, which forwards; bridged: pods share an Ethernet segment. */
  kind: oneOf(["routed", "bridged"]).default("routed"),
  /**
   * Prefixes this node gives pods addresses from; at most one per family. A bridged network needs
   * none, nor does the underlay of a VTEP.
   */
  nodePrefixes: list(cidr, "CIDR prefixes").default([]),
  /**
   * Bytes of an IP packet. Default: 1500; of a network with a `vni` the MTU of the underlay's
   * uplinks less 50 bytes, less 70 when its VTEP has an IPv6 address.
   */
  mtu: integer(68, 65535, "bytes").optional(),
  /**
   * At most one per family. Routed default: the first usable address of each node prefix. Bridged:
   * a router outside, which pods get `routes` through; there is none unless it is named.
   */
  gateways: list(ipAddress, "addresses").default([]),
  /**
   * What pods reach through the gateway. Default of a routed network: node prefixes, cluster
   * prefixes, static routes and leaks; of a bridged one nothing.
   */
  routes: list(cidr, "CIDR prefixes").optional(),
  staticRoutes: list(staticRoute, "{prefix, via}").default([]),
  /** Interfaces that connect the network with others. */
  uplinks: list(uplink, "{interface, use}").default([]),
  /** Follow routes and neighbours of the kernel. */
  mirror: mirror.optional(),
  leaks: list(leak, "{prefix, network}").default([]),
  /**
   * Whether STATUS fails when no address is left. Default false: a node whose default network does
   * becomes NotReady, and after some minutes loses the very pods that have the addresses.
   */
  notReadyWhenFull: bool.optional(),
  /**
   * Whether the XDP program forwards the packets of flows that the ring loop knows, instead of
   * handing each to the loop. Default false.
   */
  flowLane: bool.optional(),
  /**
   * Where frames are taken from the devices of the network. xdp: by an XDP program, which switches
   * segmentation offload off in pods; tc: by a program at tcx, which leaves it on and forwards known
   * flows as super-frames. What it does not know takes a detour to the ring loop. Needs `flowLane`.
   * Default xdp.
   */
  portBackend: oneOf(["xdp", "tc"]).optional(),
  /**
   * How frames leave by the ports of the network. auto: as live frames toward a veth whose other
   * end has an XDP program, by AF_XDP otherwise. live-frames: as live frames wherever the device
   * takes them, also toward sockets, which keep them. Default auto.
   */
  transmit: oneOf(["auto", "af-xdp", "live-frames"]).optional(),
  ...overlay,
  ...bridged,
});

/** Keys that only networks of one kind have. */
export const KEYS_OF_KIND = {
  routed: ["staticRoutes", "mirror", "leaks"],
  bridged: ["fdb", "flood", "suppression", "spoofchk", "macLimit", "learning"],
} as const;
