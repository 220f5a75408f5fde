import { describe, expect, it } from "vitest";
import { ConfigError } from "./errors.ts";
import { parseConfig } from "./load.ts";

const parse = (networks: unknown[]) =>
  parseConfig(JSON.stringify({ networks }), "a.yaml", { cpus: [0] }).networks;

function failure(...networks: unknown[]): string {
  try {
    parse(networks);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error("the configuration was accepted");
}

const routed = (name: string, prefix: string, more = {}) => ({
  name,
  nodePrefixes: [prefix],
  ...more,
});
const blue = (more = {}) => routed("blue", "10.1.0.0/24", more);
const red = (more = {}) => routed("red", "10.2.0.0/24", more);
const lan = (more = {}) => ({ name: "lan", kind: "bridged", ...more });
const dedicated = { interface: "eth1", use: "dedicated" };

describe("a routed network", () => {
  it("is the default, and takes mirror, leaks and uplinks", () => {
    const [network] = parse([
      blue({
        mirror: { table: "main" },
        leaks: [{ prefix: "10.2.0.0/24", network: "red" }],
        uplinks: [{ interface: "eth1" }, { interface: "eth2", use: "dedicated", queues: 4 }],
      }),
      red(),
    ]);
    expect(network).toMatchObject({
      kind: "routed",
      mirror: { table: "main" },
      uplinks: [
        { interface: "eth1", use: "shared", queues: "auto" },
        { interface: "eth2", use: "dedicated", queues: 4 },
      ],
    });
  });

  it("may follow a table by number or that of a VRF device", () => {
    for (const mirror of [{ table: 4294967295 }, { vrf: "vrf-blue" }]) {
      expect(parse([blue({ mirror })])[0]?.mirror).toEqual(mirror);
    }
  });

  it.each([
    [{ kind: "switched" }, 'networks[0].kind = "switched": accepted: one of routed, bridged'],
    [
      { fdb: {} },
      'networks[0].fdb = {"size":8192,"ageing":300}: a routed network forwards by its routes',
    ],
    [{ flood: {} }, "networks[0].flood = "],
    [{ suppression: true }, "accepted: this key in a network of kind bridged"],
    [{ spoofchk: "on" }, 'networks[0].spoofchk = "on"'],
    [{ macLimit: 5 }, "networks[0].macLimit = 5"],
    [{ mirror: {} }, "networks[0].mirror = {}: accepted: either {table:"],
    [{ mirror: { table: "main", vrf: "a" } }, "accepted: either {table:"],
    [{ mirror: { table: 0 } }, '"main" or an integer from 1 to 4294967295 (routing table)'],
    [{ mirror: { table: "local" } }, 'networks[0].mirror.table = "local"'],
    [{ mirror: { vrf: "a/b" } }, "networks[0].mirror.vrf"],
    [{ mirror: "main" }, 'networks[0].mirror = "main"'],
    [{ leaks: [{ prefix: "10.9.0.0/16" }] }, "networks[0].leaks[0].network: missing"],
    [{ leaks: [{ prefix: "10.9.0.0/16", network: "red" }] }, '"red": no such network'],
    [{ leaks: [{ prefix: "10.9.0.0/16", network: "blue" }] }, "this is the network itself"],
    [{ leaks: [{ prefix: "10.9.0.1/16", network: "red" }] }, "host bits are set"],
    [{ leaks: [{ prefix: "10.1.0.0/25", network: "red" }] }, "inside 10.1.0.0/24, whose addresses"],
  ])("is refused with %j", (keys, message) => {
    expect(failure(blue(keys))).toContain(message);
  });

  it("is refused when it leaks a prefix twice, or one that has a static route", () => {
    const leak = { prefix: "10.9.0.0/16", network: "red" };
    expect(failure(blue({ leaks: [leak, leak] }), red())).toContain("leaks[1].prefix");
    const staticRoutes = [{ prefix: "10.9.0.0/16", via: "10.1.0.9" }];
    expect(failure(blue({ leaks: [leak], staticRoutes }), red())).toContain("named twice");
  });

  it("is refused without prefixes", () => {
    expect(failure({ name: "blue" })).toContain("at least one prefix");
  });
});

describe("a bridged network", () => {
  it("needs nothing but a name, and takes what makes it one", () => {
    expect(parse([lan()])[0]).toMatchObject({ kind: "bridged", nodePrefixes: [] });
    const keys = {
      fdb: { size: 1024 },
      flood: { perSecond: 0 },
      suppression: false,
      spoofchk: "off",
      macLimit: 0,
      uplinks: [{ ...dedicated, vlan: 5, vlanTrunk: [{ id: 7 }, { minID: 10, maxID: 20 }] }],
    };
    expect(parse([lan(keys)])[0]).toMatchObject({
      fdb: { size: 1024, ageing: 300 },
      flood: { perSecond: 0, unknownUnicast: true, multicast: true },
      uplinks: [{ vlan: 5 }],
    });
  });

  it("takes routes only through a gateway that it names", () => {
    const keys = { nodePrefixes: ["10.1.0.0/24"], routes: ["0.0.0.0/0"] };
    expect(parse([lan({ ...keys, gateways: ["10.1.0.254"] })])).toHaveLength(1);
    expect(failure(lan(keys))).toContain(
      "no IPv4 gateway to reach it through; accepted: an IPv4 address in gateways",
    );
  });

  it.each([
    [{ mirror: { table: "main" } }, "a bridged network forwards by MAC address, not by routes"],
    [{ leaks: [{ prefix: "10.9.0.0/16", network: "blue" }] }, "this key in a network of kind rou"],
    [
      {
        nodePrefixes: ["10.1.0.0/24"],
        staticRoutes: [{ prefix: "10.9.0.0/16", via: "10.1.0.9" }],
      },
      "networks[0].staticRoutes",
    ],
    [{ gateways: ["10.1.0.1"] }, "accepted: none: the network has no nodePrefixes"],
    [{ fdb: { size: 100 } }, "a power of two from 64 to 1048576 (MAC addresses)"],
    [{ fdb: { ageing: 0 } }, "an integer from 1 to 1000000 (seconds)"],
    [{ fdb: 5 }, "networks[0].fdb = 5"],
    [{ flood: { perSecond: -1 } }, "frames per second and worker"],
    [{ flood: { multicast: "no" } }, 'networks[0].flood.multicast = "no": accepted: true or false'],
    [{ suppression: "off" }, "accepted: true or false"],
    [{ spoofchk: true }, "networks[0].spoofchk = true: accepted: one of on, off"],
    [{ macLimit: -1 }, "MAC addresses per pod"],
    [{ fdb: { size: 64 }, macLimit: 65 }, "networks[0].macLimit = 65: accepted: at most fdb.size"],
  ])("is refused with %j", (keys, message) => {
    expect(failure(lan(keys))).toContain(message);
  });
});

describe("an uplink", () => {
  it.each([
    [{ interface: "eth0:1" }, "networks[0].uplinks[0].interface"],
    [{ interface: "sixteencharacter" }, "1 to 15 characters"],
    [{ interface: ".." }, "the name of an interface"],
    [{ interface: "lo" }, '"lo": the loopback leads nowhere'],
    [{ use: "shared" }, "networks[0].uplinks[0].interface: missing"],
    [{ interface: "eth1", use: "exclusive" }, "accepted: one of shared, dedicated"],
    [{ interface: "eth1", queues: 0 }, '"auto" or an integer from 1 to 16'],
    [{ interface: "eth1", queues: "all" }, 'queues = "all"'],
    [{ interface: "eth1", vlan: 5 }, "vlan = 5: a routed network has no VLANs"],
    [{ interface: "eth1", vlanTrunk: [{ id: 5 }] }, "a routed network has no VLANs"],
    [{ interface: "eth1", mtu: 5 }, "uplinks[0].mtu = 5: unknown key"],
  ])("of a routed network is refused with %j", (uplink, message) => {
    expect(failure(blue({ uplinks: [uplink] }))).toContain(message);
  });

  it.each([
    [{ use: "shared" }, 'use = "shared": a shared uplink cannot be bridged'],
    [{ use: undefined }, "a shared uplink cannot be bridged"],
    [{ vlan: 4095 }, "an integer from 0 to 4094 (VLAN id; 0 for none)"],
    [{ vlanTrunk: [] }, "it names no VLAN; accepted: at least one VLAN"],
    [
      { vlanTrunk: [{ id: 0 }] },
      "vlanTrunk[0].id = 0: accepted: an integer from 1 to 4094 (VLAN id)",
    ],
    [{ vlanTrunk: [5] }, "vlanTrunk[0] = 5: accepted: {id} or {minID, maxID} with VLAN ids"],
    [{ vlanTrunk: [{ minID: 5, maxID: 4 }] }, "minID not above maxID"],
    [{ vlan: 5, vlanTrunk: [{ minID: 1, maxID: 9 }] }, "vlan = 5: vlanTrunk has VLAN 5 too"],
  ])("of a bridged network is refused with %j", (keys, message) => {
    expect(failure(lan({ uplinks: [{ ...dedicated, ...keys }] }))).toContain(message);
  });

  it("is refused when another network, or the same, has the interface", () => {
    const uplinks = [dedicated];
    expect(failure(blue({ uplinks }), lan({ uplinks }))).toContain(
      'networks[1].uplinks[0].interface = "eth1": network blue has it',
    );
    expect(failure(lan({ uplinks: [dedicated, dedicated] }))).toContain("network lan has it");
  });
});

describe("networks beside each other", () => {
  it("may have the same addresses, as tenants do", () => {
    expect(parse([blue(), routed("red", "10.0.0.0/8")])).toHaveLength(2);
  });

  it("are refused with the same name", () => {
    expect(failure(blue(), routed("blue", "10.2.0.0/24"))).toContain(
      'networks[1].name = "blue": another network has this name',
    );
  });

  it("are refused with the same addresses when one leaks to the other", () => {
    const leaks = [{ prefix: "10.9.0.0/16", network: "red" }];
    expect(failure(blue({ leaks }), routed("red", "10.0.0.0/8"))).toContain(
      "its node prefix 10.0.0.0/8 overlaps 10.1.0.0/24 of this network",
    );
  });

  it("are refused when one leaks to a bridged one", () => {
    const leaks = [{ prefix: "10.9.0.0/16", network: "lan" }];
    expect(failure(blue({ leaks }), lan())).toContain('"lan": it is bridged and has no routes');
  });

  it("may leak their pods to each other and a default route one way", () => {
    const toRed = [{ prefix: "0.0.0.0/0", network: "red" }];
    const toBlue = [{ prefix: "10.1.0.0/24", network: "blue" }];
    expect(parse([blue({ leaks: toRed }), red({ leaks: toBlue })])).toHaveLength(2);
  });

  it("are refused when they leak the same destinations to each other", () => {
    const to = (network: string) => ({ leaks: [{ prefix: "10.9.0.0/16", network }] });
    expect(failure(blue(to("red")), red(to("blue")))).toContain(
      "packets would go round: red -> blue -> red",
    );
  });
});

describe("the backend of ports", () => {
  it("is tc only where a network has the flow lane, of either kind", () => {
    const [first, second] = parse([
      blue({ flowLane: true, portBackend: "tc" }),
      lan({ flowLane: true, portBackend: "tc" }),
    ]);
    expect([first?.portBackend, second?.portBackend]).toEqual(["tc", "tc"]);
    for (const more of [{}, { flowLane: false }]) {
      expect(failure(blue({ portBackend: "tc", ...more }))).toContain(
        'networks[0].portBackend = "tc": without flowLane it is slower than xdp; accepted:' +
          " tc with flowLane: true, or xdp",
      );
    }
  });

  it("is xdp or tc", () => {
    expect(failure(blue({ portBackend: "tcx" }))).toContain("accepted: one of xdp, tc");
    expect(parse([blue({ portBackend: "xdp" })])[0]?.portBackend).toBe("xdp");
  });

  it.each(["generic", "zero-copy"])("cannot be tc with dataplane.mode %s", (mode) => {
    const networks = [blue({ flowLane: true, portBackend: "tc" })];
    const text = JSON.stringify({ dataplane: { mode }, networks });
    expect(() => parseConfig(text, "a.yaml", { cpus: [0] })).toThrow(
      `dataplane.mode is ${mode}; accepted: tc with dataplane.mode auto or copy, or xdp`,
    );
  });
});
