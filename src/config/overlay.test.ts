import { describe, expect, it } from "vitest";
import { ConfigError } from "./errors.ts";
import { parseConfig } from "./load.ts";
import { configJsonSchema } from "./schema.ts";

type Keys = Record<string, unknown>;

const under = (more: Keys = {}) => ({ name: "under", uplinks: [{ interface: "eth1" }], ...more });
const blue = (more: Keys = {}) => ({
  name: "blue",
  nodePrefixes: ["10.1.0.0/24"],
  vni: 100,
  ...more,
});
const lan = (more: Keys = {}) => ({ name: "lan", kind: "bridged", vni: 200, ...more });
const vtep = (more: Keys = {}) => ({ name: "vtep0", underlay: "under", ...more });
const FABRIC = { driver: "static", nodes: [] };

const parse = (document: Keys) =>
  parseConfig(JSON.stringify({ fabric: FABRIC, ...document }), "a.yaml", { cpus: [0] });

function failure(document: Keys): string {
  try {
    parse(document);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.replace("a.yaml:1: ", "");
    throw error;
  }
  throw new Error("the configuration was accepted");
}

describe("an overlay", () => {
  it("needs an underlay with an uplink, a VTEP, a VNI and a fabric", () => {
    const config = parse({ networks: [blue(), under()], vteps: [vtep()] });
    expect(config.vteps).toEqual([
      {
        name: "vtep0",
        underlay: "under",
        port: 4789,
        udpChecksum: "auto",
        dscp: "inherit",
        ttl: 64,
        nested: false,
      },
    ]);
    expect(config.networks[0]).toMatchObject({ vni: 100 });
    expect(config.networks[0]?.mtu).toBeUndefined();
  });

  it("may have several VTEPs, with the same VNI through each", () => {
    const vteps = [
      vtep(),
      vtep({ name: "flannel", port: 8472, addresses: ["192.0.2.1", "fd01::1"] }),
    ];
    const networks = [
      under(),
      blue({ vtep: "vtep0", clusterPrefixes: ["10.0.0.0/8"] }),
      lan({ vni: 100, vtep: "flannel", learning: false }),
    ];
    expect(parse({ networks, vteps }).networks[1]).toMatchObject({
      clusterPrefixes: ["10.0.0.0/8"],
    });
  });

  it("is in the JSON Schema, with every driver of a fabric", () => {
    const text = JSON.stringify(configJsonSchema());
    for (const word of [
      "vteps",
      "clusterPrefixes",
      "static",
      "etcd",
      "kubernetes",
      "leaseSeconds",
    ]) {
      expect(text).toContain(`"${word}"`);
    }
  });
});

describe("a VTEP", () => {
  const PREFIX = { nodePrefixes: ["10.9.0.0/24"] };

  it.each<[Keys[], Keys[], string]>([
    [[under()], [vtep({ name: "A" })], 'vteps[0].name = "A": accepted: 1 to 63 lower-case letters'],
    [[under()], [vtep(), vtep({ port: 1 })], 'vteps[1].name = "vtep0": another VTEP has this name'],
    [
      [under()],
      [vtep(), vtep({ name: "b" })],
      "vteps[1].port = 4789: VTEP vtep0 has it; accepted: a UDP port of its own for each VTEP",
    ],
    [[under()], [vtep({ port: 0 })], "an integer from 1 to 65535 (UDP port)"],
    [[under()], [vtep({ dscp: 64 })], 'accepted: "inherit" or an integer from 0 to 63 (DSCP)'],
    [[under()], [vtep({ ttl: 0 })], "vteps[0].ttl = 0: accepted: an integer from 1 to 255 (hops)"],
    [[under()], [vtep({ udpChecksum: true })], "accepted: one of auto, always, never"],
    [[under()], [vtep({ mtu: 1 })], "vteps[0].mtu = 1: unknown key; accepted: the keys name, und"],
    [[under()], [vtep({ addresses: [] })], "vteps[0].addresses = []: a VTEP without address; acce"],
    [
      [under()],
      [vtep({ addresses: ["192.0.2.1", "192.0.2.2"] })],
      'vteps[0].addresses[1] = "192.0.2.2": a second IPv4 address; accepted: one address per family',
    ],
    [[under()], [vtep({ addresses: ["239.0.0.1"] })], "overlaps 224.0.0.0/4, multicast"],
    [[under()], [vtep({ addresses: ["fe80::1"] })], "overlaps fe80::/10, link-local"],
    [[under()], [vtep({ addresses: ["::1"] })], "overlaps ::/127, unspecified or loopback"],
    [[under()], [vtep({ addresses: ["192.0.2.1/24"] })], "not an IPv4 or IPv6 address"],
    [
      [under(PREFIX)],
      [vtep({ addresses: ["10.9.0.1"] })],
      'vteps[0].addresses[0] = "10.9.0.1": inside 10.9.0.0/24 of network under, whose addresses',
    ],
    [
      [under(PREFIX)],
      [vtep({ underlay: "other" })],
      'underlay = "other": no such network; accepted: a routed network with uplinks: under',
    ],
    [
      [blue({ vni: undefined })],
      [vtep({ underlay: "blue" })],
      "it has no uplink, nothing leads to",
    ],
    [
      [lan({ vni: undefined })],
      [vtep({ underlay: "lan" })],
      "it is bridged, no routes lead to the",
    ],
    [[under({ vni: 5 })], [vtep()], "it has the VNI 5, so it needs a VTEP itself; accepted: a rou"],
  ])("%j is refused with the VTEPs %j", (networks, vteps, message) => {
    expect(failure({ networks, vteps })).toContain(message);
  });

  it("lets its underlay do without prefixes, which no other routed network can", () => {
    expect(failure({ networks: [under()] })).toContain(
      "networks[0].nodePrefixes = []: accepted: at least one prefix: pods of a routed network need" +
        " addresses; only the underlay of a VTEP can do without pods",
    );
    expect(failure({ networks: [under(), blue({ nodePrefixes: [] })], vteps: [vtep()] })).toContain(
      "networks[1].nodePrefixes",
    );
  });
});

describe("a network with a VNI", () => {
  const vlan = (keys: Keys) => lan({ uplinks: [{ interface: "eth2", use: "dedicated", ...keys }] });

  it.each<[string, Keys, string]>([
    ["0", blue({ vni: 0 }), "networks[1].vni = 0: accepted: an integer from 1 to 16777215 (VNI)"],
    ["2^24", blue({ vni: 16777216 }), "networks[1].vni = 16777216"],
    [
      "a VTEP that is not there",
      blue({ vtep: "b" }),
      'vtep = "b": no such VTEP; accepted: one of vtep0',
    ],
    [
      "learning in a routed network",
      blue({ learning: true }),
      "networks[1].learning = true: a routed",
    ],
    [
      "two subnets of a segment",
      lan({ nodePrefixes: ["10.3.0.0/24"], clusterPrefixes: ["10.3.0.0/16", "10.0.0.0/8"] }),
      'networks[1].clusterPrefixes[1] = "10.0.0.0/8": a second IPv4 prefix of a segment; accepted',
    ],
    [
      "a router outside its segment",
      lan({
        nodePrefixes: ["10.3.1.0/24"],
        clusterPrefixes: ["10.3.0.0/16"],
        gateways: ["10.4.0.1"],
      }),
      'gateways[0] = "10.4.0.1": outside the network; accepted: an address of 10.3.0.0/16',
    ],
    [
      "VLANs on an uplink",
      vlan({ vlan: 5 }),
      "networks[1].uplinks[0].vlan = 5: the network has a VNI, and a VNI has no VLANs; accepted: an",
    ],
    [
      "a trunk",
      vlan({ vlanTrunk: [{ id: 5 }] }),
      'networks[1].uplinks[0].vlanTrunk = [{"id":5}]: the',
    ],
    [
      "cluster prefixes that do not hold its own",
      blue({ clusterPrefixes: ["10.2.0.0/16"] }),
      'networks[1].clusterPrefixes = ["10.2.0.0/16"]: node prefix 10.1.0.0/24 is outside; accepted',
    ],
    ["host bits", blue({ clusterPrefixes: ["10.1.0.0/8"] }), "the prefix is 10.0.0.0/8"],
    [
      "a cluster prefix of a family it has not",
      blue({ clusterPrefixes: ["10.0.0.0/8", "fd00::/48"] }),
      "no IPv6 node prefix; accepted: prefixes of the families of nodePrefixes",
    ],
    [
      "a cluster prefix twice",
      blue({ clusterPrefixes: ["10.0.0.0/8", "10.0.0.0/8"] }),
      "named twice",
    ],
    [
      "an interface that is called as its port",
      lan({ uplinks: [{ interface: "vxlan200", use: "dedicated" }] }),
      'uplinks[0].interface = "vxlan200": the port of a VNI goes by this name',
    ],
  ])("is refused with %s", (_, network, message) => {
    expect(failure({ networks: [under(), network], vteps: [vtep()] })).toContain(message);
  });

  it("is refused without VTEP, and without saying which of several", () => {
    expect(failure({ networks: [blue()] })).toBe(
      "networks[0].vni = 100: there is no VTEP; accepted: this key together with vteps, e.g." +
        " [{name: vtep0, underlay: NETWORK}]",
    );
    const vteps = [vtep(), vtep({ name: "b", port: 8472 })];
    expect(failure({ networks: [under(), blue()], vteps })).toBe(
      "networks[1].vtep: missing, and there are several VTEPs; accepted: one of vtep0, b",
    );
  });

  it("is refused when another network has the VNI through the same VTEP", () => {
    const networks = [under(), blue(), lan({ vni: 100 })];
    expect(failure({ networks, vteps: [vtep()] })).toBe(
      "networks[2].vni = 100: network blue has it, through VTEP vtep0 as well; accepted: each VNI" +
        " once per VTEP",
    );
  });

  it("is refused without a fabric, which says who the other nodes are", () => {
    const networks = [under(), blue()];
    expect(failure({ networks, vteps: [vtep()], fabric: undefined })).toBe(
      "networks[1].vni = 100: no fabric says which other nodes there are; accepted: this key" +
        " together with fabric, e.g. {driver: static, nodes: []}",
    );
    const alone = { networks: [under()], vteps: [vtep()], fabric: undefined };
    expect(parse(alone).fabric).toBeUndefined();
  });

  it.each(["vtep", "learning", "clusterPrefixes"])("is what the key %s needs", (key) => {
    const value = { vtep: "vtep0", learning: true, clusterPrefixes: ["10.0.0.0/8"] }[key];
    const network = key === "learning" ? lan({ vni: undefined }) : blue({ vni: undefined });
    expect(
      failure({ networks: [under(), { ...network, [key]: value }], vteps: [vtep()] }),
    ).toContain(
      `networks[1].${key} = ${JSON.stringify(value)}: the network has no VNI, it is on this node alone`,
    );
  });
});
