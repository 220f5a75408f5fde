import { describe, expect, it } from "vitest";
import { ConfigError } from "./errors.ts";
import { parseConfig } from "./load.ts";
import { nodeNameOf } from "./node-name.ts";

type Keys = Record<string, unknown>;

const NETWORKS = [
  { name: "under", uplinks: [{ interface: "eth1" }] },
  { name: "blue", nodePrefixes: ["10.1.0.0/24"], vni: 100 },
  { name: "lan", kind: "bridged", vni: 200 },
];
const VTEPS = [{ name: "vtep0", underlay: "under" }];

const parse = (fabric: unknown, networks: unknown[] = NETWORKS, vteps: unknown[] = VTEPS) =>
  parseConfig(JSON.stringify({ fabric, networks, vteps }), "a.yaml", { cpus: [0] }).fabric;

function failure(fabric: unknown, networks?: unknown[], vteps?: unknown[]): string {
  try {
    parse(fabric, networks, vteps);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.replace("a.yaml:1: ", "");
    throw error;
  }
  throw new Error("the configuration was accepted");
}

describe("a fabric", () => {
  it.each([
    [{}, "fabric.driver: missing; accepted: {driver: static, etcd, kubernetes or evpn} with"],
    [{ driver: "consul" }, 'fabric.driver = "consul": accepted: {driver: static, etcd, kuber'],
    ["static", 'fabric = "static": accepted: {driver: static, etcd, kubernetes or evpn}'],
    [
      { driver: "static", nodes: [], prefix: "/a" },
      'fabric.prefix = "/a": unknown key; accepted: the keys driver, nodeName, nodes',
    ],
    [{ driver: "static", nodes: [], nodeName: "Node_1" }, "accepted: a node name: at most 253"],
  ])("is refused as %j", (fabric, message) => {
    expect(failure(fabric)).toContain(message);
  });
});

describe("the name of this node in a fabric", () => {
  const name = (nodeName?: string, host = "Node-1.example") =>
    nodeNameOf({ driver: "static", nodes: [], nodeName }, host);

  it("is that of the configuration, else the host name in lower case", () => {
    expect([name("n2"), name()]).toEqual(["n2", "node-1.example"]);
  });

  it("must be one when the host name can be none", () => {
    expect(() => name(undefined, "my_host")).toThrow(
      'fabric.nodeName: missing, and the host name "my_host" is no node name; accepted: a node name',
    );
  });
});

/** The bridged network has VNI 100 as well, through the VTEP on another UDP port, and comes first. */
const TWICE = [
  { name: "lan", kind: "bridged", vni: 100, vtep: "vtep1" },
  { name: "blue", nodePrefixes: ["10.1.0.0/24"], vni: 100, vtep: "vtep0" },
  { name: "under", uplinks: [{ interface: "eth1" }] },
];
const TWO_VTEPS = [...VTEPS, { name: "vtep1", underlay: "under", port: 8472 }];

describe("a fabric without a VTEP of this node", () => {
  const alone = [{ name: "blue", nodePrefixes: ["10.1.0.0/24"] }];

  it.each([
    ["etcd", { driver: "etcd", endpoints: ["http://10.0.0.1:2379"] }],
    ["kubernetes", { driver: "kubernetes" }],
  ])("is refused in %s, where others would be told of it", (driver, fabric) => {
    expect(failure(fabric, alone, [])).toBe(
      `fabric.driver = "${driver}": there is no VTEP that other nodes could be told of; accepted:` +
        " this driver together with vteps, e.g. [{name: vtep0, underlay: NETWORK}]",
    );
  });

  it("may be static, which tells nobody", () => {
    expect(parse({ driver: "static", nodes: [] }, alone, [])).toBeDefined();
  });
});

describe("a static fabric", () => {
  const node = (more: Keys = {}) => ({
    name: "node2",
    vteps: [{ addresses: ["192.0.2.2"] }],
    ...more,
  });
  const network = (more: Keys) => node({ networks: [{ vni: 100, ...more }] });
  const MAC = "02:00:00:00:00:02";
  const fabric = (...nodes: unknown[]) => ({ driver: "static", nodes });

  it("names nodes with their VTEPs, prefixes and stations", () => {
    const endpoints = [{ mac: "02:00:00:00:00:05", addresses: ["10.3.0.5"] }];
    const networks = [
      { vni: 100, mac: MAC, prefixes: ["10.1.1.0/24"] },
      { vni: 200, endpoints },
    ];
    expect(parse(fabric(node({ networks })))).toEqual({
      driver: "static",
      nodes: [
        {
          name: "node2",
          vteps: [{ port: 4789, addresses: ["192.0.2.2"] }],
          networks: [
            { vni: 100, mac: MAC, prefixes: ["10.1.1.0/24"], endpoints: [] },
            { vni: 200, prefixes: [], endpoints },
          ],
        },
      ],
    });
  });

  it("lets nodes have the same prefixes, MACs and addresses in different VNIs", () => {
    const one = { mac: MAC, prefixes: ["10.1.1.0/24"] };
    const three = node({
      name: "node3",
      vteps: [{ addresses: ["192.0.2.3"] }],
      networks: [{ vni: 101, ...one }],
    });
    expect(parse(fabric(network(one), three))).toBeDefined();
  });

  it("tells networks with the same VNI apart by the UDP port of their VTEP", () => {
    const prefixes = ["10.1.1.0/24"];
    const on = (port: number) => ({
      name: "node2",
      vteps: [{ port, addresses: ["192.0.2.2"] }],
      networks: [{ vni: 100, mac: MAC, prefixes }],
    });
    expect(parse(fabric(on(4789)), TWICE, TWO_VTEPS)).toBeDefined();
    expect(failure(fabric(on(8472)), TWICE, TWO_VTEPS)).toContain(
      "network lan with this VNI is bridged and has no routes",
    );
  });

  it.each<[string, unknown[], string]>([
    [
      "a name twice",
      [node(), node()],
      'fabric.nodes[1].name = "node2": named twice; accepted: each once',
    ],
    ["no VTEP", [node({ vteps: [] })], "fabric.nodes[0].vteps = []: accepted: at least one VTEP"],
    [
      "no address",
      [node({ vteps: [{ addresses: [] }] })],
      "vteps[0].addresses = []: a VTEP without",
    ],
    ["a group", [node({ vteps: [{ addresses: ["ff02::1"] }] })], "overlaps ff00::/8, multicast"],
    [
      "an address that another node has",
      [node(), node({ name: "node3" })],
      'fabric.nodes[1].vteps[0].addresses[0] = "192.0.2.2": node node2 has it',
    ],
    [
      "a port twice",
      [node({ vteps: [{ addresses: ["192.0.2.2"] }, { addresses: ["192.0.2.3"] }] })],
      "fabric.nodes[0].vteps[1].port = 4789: named twice",
    ],
    [
      "a port of no VTEP",
      [network({ port: 8472 })],
      "port = 8472: no VTEP has it; accepted: a port",
    ],
    [
      "no port of several",
      [
        node({
          vteps: [{ addresses: ["192.0.2.2"] }, { port: 8472, addresses: ["192.0.2.2"] }],
          networks: [{ vni: 100 }],
        }),
      ],
      "networks[0].port: missing, and the node has several VTEPs; accepted: a port of the node's" +
        " VTEPs: 4789, 8472",
    ],
    [
      "a VNI twice",
      [node({ networks: [{ vni: 1 }, { vni: 1 }] })],
      "networks[1].vni = 1: named twice",
    ],
    [
      "no MAC",
      [network({ mac: "02:00" })],
      'networks[0].mac = "02:00": not a MAC address; accepted',
    ],
    ["a group's MAC", [network({ mac: "01:00:5e:00:00:01" })], "a multicast address"],
    [
      "prefixes without MAC",
      [network({ prefixes: ["10.1.1.0/24"] })],
      "networks[0].mac: missing, and prefixes are reached through this MAC address",
    ],
    ["host bits", [network({ mac: MAC, prefixes: ["10.1.1.5/24"] })], "the prefix is 10.1.1.0/24"],
    ["a group's prefix", [network({ mac: MAC, prefixes: ["224.1.0.0/16"] })], "multicast"],
    [
      "prefixes in a bridged network",
      [network({ vni: 200, mac: MAC, prefixes: ["10.1.1.0/24"] })],
      "network lan with this VNI is bridged and has no routes; accepted: endpoints",
    ],
    [
      "a prefix that another node has",
      [
        network({ mac: MAC, prefixes: ["10.1.1.0/24"] }),
        node({
          name: "node3",
          vteps: [{ addresses: ["192.0.2.3"] }],
          networks: [{ vni: 100, mac: "02:00:00:00:00:03", prefixes: ["10.1.1.0/24"] }],
        }),
      ],
      'networks[0].prefixes[0] = "10.1.1.0/24": node node2 has it',
    ],
    [
      "a station twice",
      [network({ vni: 200, endpoints: [{ mac: MAC }, { mac: MAC.toUpperCase() }] })],
      "networks[0].endpoints[1].mac",
    ],
    [
      "an address of a station twice",
      [
        network({
          vni: 200,
          endpoints: [
            { mac: MAC, addresses: ["10.3.0.5"] },
            { mac: "02:00:00:00:00:03", addresses: ["10.3.0.5"] },
          ],
        }),
      ],
      'endpoints[1].addresses[0] = "10.3.0.5": named twice',
    ],
  ])("is refused with %s", (_, nodes, message) => {
    expect(failure(fabric(...nodes))).toContain(message);
  });
});

describe("a fabric in etcd", () => {
  const etcd = (more: Keys = {}) => ({
    driver: "etcd",
    endpoints: ["https://10.0.0.1:2379", "https://[fd00::1]:2379"],
    ...more,
  });

  it("has its own keys and leases of half a minute", () => {
    const tls = { ca: "/etc/ca.pem", cert: "/etc/cert.pem", key: "/etc/key.pem" };
    const auth = { username: "millrace", passwordFile: "/etc/password" };
    expect(parse(etcd({ tls, auth }))).toMatchObject({
      prefix: "/millrace/v1",
      leaseSeconds: 30,
      tls,
      auth,
    });
  });

  it.each<[Keys, string]>([
    [{ endpoints: [] }, "fabric.endpoints = []: accepted: at least one member of the cluster"],
    [{ endpoints: ["10.0.0.1:2379"] }, "accepted: a URL like http://10.0.0.1:2379"],
    [{ endpoints: ["http://a"] }, "accepted: a URL like"],
    [{ endpoints: ["http://a:70000"] }, "a port from 1 to 65535"],
    [{ endpoints: ["http://a:1", "http://a:1"] }, "fabric.endpoints[1] = "],
    [{ endpoints: ["http://a:1", "https://b:1"] }, "https:// for all members or for none"],
    [{ endpoints: ["http://a:1"], tls: {} }, "tls is given too; accepted: https:// with tls"],
    [{ tls: { cert: "/a" } }, "fabric.tls.key: missing, and cert is given; accepted: cert and key"],
    [{ tls: { key: "/a" } }, "fabric.tls.cert: missing, and key is given"],
    [{ tls: { ca: "a.pem" } }, "fabric.tls.ca = "],
    [{ prefix: "millrace" }, "accepted: a key that begins with / and does not end with one"],
    [{ prefix: "/millrace/" }, 'fabric.prefix = "/millrace/"'],
    [{ leaseSeconds: 4 }, "an integer from 5 to 3600 (seconds)"],
    [{ auth: { username: "a", password: "b" } }, "fabric.auth.password"],
  ])("is refused with %j", (keys, message) => {
    expect(failure(etcd(keys))).toContain(message);
  });
});

describe("a fabric in Kubernetes", () => {
  const flannel = (more: Keys = {}) => ({ driver: "kubernetes", annotations: "flannel", ...more });

  it("is that of the agent's own pod unless it is told another", () => {
    expect(parse({ driver: "kubernetes" })).toEqual({
      driver: "kubernetes",
      annotations: "millrace",
      flannelBackendVni: 1,
    });
  });

  it("shares with flannel the routed network of flannel's VNI", () => {
    expect(parse(flannel({ flannelBackendVni: 100 }))).toMatchObject({ annotations: "flannel" });
    expect(failure(flannel())).toBe(
      "fabric.flannelBackendVni = 1: no network has this VNI; accepted: the VNI of a routed" +
        " network, or annotations: millrace instead of flannel",
    );
    expect(failure(flannel({ flannelBackendVni: 200 }))).toContain(
      "network lan with this VNI is bridged, and flannel routes",
    );
  });

  it("finds the routed network of flannel's VNI beside a bridged one with the same", () => {
    expect(parse(flannel({ flannelBackendVni: 100 }), TWICE, TWO_VTEPS)).toBeDefined();
  });

  it("is refused with a relative path", () => {
    expect(failure({ driver: "kubernetes", kubeconfig: "config" })).toContain("an absolute path");
  });
});

describe("an EVPN fabric", () => {
  const evpn = (...names: string[]) => ({
    driver: "evpn",
    devices: names.map((vxlan) => ({ vxlan })),
  });

  it("names the VXLAN devices that the routing daemon programs", () => {
    expect(parse(evpn("vxlan100", "vxlan200"))).toEqual(evpn("vxlan100", "vxlan200"));
  });

  it.each([
    [evpn(), "fabric.devices = []: accepted: at least one VXLAN device"],
    [evpn("a", "a"), 'fabric.devices[1].vxlan = "a": named twice; accepted: each device once'],
    [evpn("a/b"), 'fabric.devices[0].vxlan = "a/b": accepted: the name of an interface'],
  ])("is refused as %j", (fabric, message) => {
    expect(failure(fabric)).toContain(message);
  });
});
