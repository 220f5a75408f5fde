import { z } from "zod";
import { absolutePath, cidr, ifname, integer, ipAddress, list, oneOf, text } from "./fields.ts";
import { udpPortSchema, VXLAN_PORT, vniSchema } from "./vtep-schema.ts";

// RFC 1123 2.1 as Kubernetes has it for the names of nodes, which are those of its objects.
const LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";
export const NODE_NAME = new RegExp(`^(?=.{1,253}$)${LABEL}(\\.${LABEL})*$`);
export const NODE_NAME_TEXT =
  "a node name: at most 253 lower-case letters, digits, inner dashes and dots";
const nodeName = text(NODE_NAME, NODE_NAME_TEXT);

/** Text only: checkFabric reads it. */
const mac = z.string({ error: 'a MAC address like "02:00:5e:10:00:01"' });
const path = absolutePath();

const endpoint = z.strictObject({
  mac,
  /** Without prefix length. */
  addresses: list(ipAddress, "addresses").default([]),
});

const nodeNetwork = z.strictObject({
  vni: vniSchema,
  /** Of the VTEP it is reached through. Default: the node's only one. */
  port: udpPortSchema.optional(),
  /** Of the VTEP in this network; routed networks need it. */
  mac: mac.optional(),
  /** Routed networks: what is behind the node. */
  prefixes: list(cidr, "CIDR prefixes").default([]),
  /** Bridged networks: stations behind the node. */
  endpoints: list(endpoint, "{mac, addresses}").default([]),
});

const nodeVtep = z.strictObject({
  port: udpPortSchema.default(VXLAN_PORT),
  /** At most one per family. */
  addresses: list(ipAddress, "addresses"),
});

const node = z.strictObject({
  name: nodeName,
  vteps: list(nodeVtep, "{port, addresses}"),
  networks: list(nodeNetwork, "{vni, port, mac, prefixes, endpoints}").default([]),
});

/** What this node is called there. Default: its host name. */
const common = { nodeName: nodeName.optional() };

const staticFabric = z.strictObject({
  driver: z.literal("static"),
  ...common,
  /** All nodes; this one may be among them and is passed over. */
  nodes: list(node, "{name, vteps, networks}"),
});

const ENDPOINT = "a URL like http://10.0.0.1:2379 or https://[fd00::1]:2379";
const KEY_PREFIX = "a key that begins with / and does not end with one";

const etcdFabric = z.strictObject({
  driver: z.literal("etcd"),
  ...common,
  /** Members of the cluster; any that answers is asked. */
  endpoints: list(text(/^https?:\/\/([^\s/:@[\]]+|\[[0-9a-fA-F:.]+\]):\d{1,5}$/, ENDPOINT), "URLs"),
  /** What all keys of the fabric begin with. */
  prefix: text(/^(\/[^\s/]+)+$/, KEY_PREFIX).default("/millrace/v1"),
  /** How long the entry of a node that is dead stays. */
  leaseSeconds: integer(5, 3600, "seconds").default(30),
  /** Files in PEM. `cert` and `key` go together. */
  tls: z
    .strictObject({ ca: path.optional(), cert: path.optional(), key: path.optional() })
    .optional(),
  auth: z
    .strictObject({
      username: text(/^[^\s]+$/, "the name of an etcd user"),
      /** Holds the password, and a line end which is none of it. */
      passwordFile: path,
    })
    .optional(),
});

const kubernetesFabric = z.strictObject({
  driver: z.literal("kubernetes"),
  ...common,
  /** Default: the service account of the agent's own pod. */
  kubeconfig: path.optional(),
  /** Whose annotations of nodes are read and written. */
  annotations: oneOf(["millrace", "flannel", "both"]).default("millrace"),
  /** VNI of the network that flannel's annotations are about: `Backend.VNI` in its configuration. */
  flannelBackendVni: vniSchema.default(1),
});

const evpnFabric = z.strictObject({
  driver: z.literal("evpn"),
  ...common,
  /** The VXLAN devices that a routing daemon programs, one for each network of the overlay. */
  devices: list(z.strictObject({ vxlan: ifname }), "{vxlan}"),
});

/** The key `fabric`: where the other nodes of the overlay are found. */
export const fabricSchema = z.discriminatedUnion(
  "driver",
  [staticFabric, etcdFabric, kubernetesFabric, evpnFabric],
  { error: "{driver: static, etcd, kubernetes or evpn} with the keys of that driver" },
);
