import { describe, expect, it } from "vitest";
import type { PortVlans } from "../dataplane/native.ts";
import { parseAddress } from "./ip.ts";
import { gatewayMac, podMac } from "./mac.ts";
import { maxMtu, maxMtuMultiBuffer, minMtu } from "./mtu.ts";
import { gatewayOf, networkOptions, podRoutes, resolveNetwork } from "./network.ts";
import { capacity, subnetHolds } from "./subnet.ts";
import { portVlans, type VlanWish } from "./vlans.ts";

const config = {
  name: "blue",
  kind: "routed" as const,
  nodePrefixes: ["fd00:1::/64", "10.1.0.0/24"],
  mtu: 1500,
  gateways: ["10.1.0.254"],
  routes: undefined,
  staticRoutes: [{ prefix: "192.168.0.0/16", via: "10.1.0.9" }],
  uplinks: [],
  leaks: [],
};

describe("a network resolved from its configuration", () => {
  const network = resolveNetwork(config);

  it("lists IPv4 first and takes the first usable address where no gateway is named", () => {
    expect(network.subnets.map(({ prefix }) => prefix.family)).toEqual([4, 6]);
    expect([gatewayOf(network, 4), gatewayOf(network, 6)]).toEqual(["10.1.0.254", "fd00:1::1"]);
  });

  it("gives pods routes to the node prefixes and the static routes", () => {
    expect(podRoutes(network, [parseAddress("10.1.0.2")])).toEqual([
      { dst: "10.1.0.0/24", gw: "10.1.0.254" },
      { dst: "fd00:1::/64", gw: "fd00:1::1" },
      { dst: "192.168.0.0/16", gw: "10.1.0.254" },
    ]);
  });

  it("gives the pod behind a static route no route back to itself", () => {
    const dsts = podRoutes(network, [parseAddress("10.1.0.9")]).map(({ dst }) => dst);
    expect(dsts).toEqual(["10.1.0.0/24", "fd00:1::/64"]);
  });

  it("gives pods the routes named and no others", () => {
    const named = resolveNetwork({ ...config, routes: ["0.0.0.0/0"] });
    expect(podRoutes(named, [])).toEqual([{ dst: "0.0.0.0/0", gw: "10.1.0.254" }]);
  });
});

describe("a network that leaks", () => {
  it("lets pods reach what it leaks through the gateway, of the families it has", () => {
    const leaks = ["172.16.0.0/12", "fd99::/16"].map((prefix) => ({ prefix, network: "red" }));
    const only4 = { ...config, nodePrefixes: ["10.1.0.0/24"], gateways: [], staticRoutes: [] };
    expect(resolveNetwork({ ...only4, leaks }).routes).toEqual(["10.1.0.0/24", "172.16.0.0/12"]);
  });
});

describe("a network with a VNI", () => {
  const vteps = [
    {
      name: "vtep0",
      underlay: "under",
      port: 4789,
      udpChecksum: "auto" as const,
      dscp: "inherit" as const,
      ttl: 64,
      nested: false,
    },
  ];

  it("goes through the only VTEP and has the default MTU until the underlay is known", () => {
    const { overlay, mtu } = resolveNetwork({ ...config, mtu: undefined, vni: 100 }, vteps);
    expect(overlay).toEqual({ vni: 100, vtep: "vtep0", learning: false });
    expect(mtu).toBe(1500);
    expect(resolveNetwork(config, vteps).overlay).toBeNull();
  });

  it("learns from other nodes in a bridged network unless it must not", () => {
    const bridged = { ...config, kind: "bridged" as const, staticRoutes: [], vni: 100 };
    expect(resolveNetwork(bridged, vteps).overlay?.learning).toBe(true);
    expect(resolveNetwork({ ...bridged, learning: false }, vteps).overlay?.learning).toBe(false);
  });

  it("gives pods routes to the prefixes of the cluster, each once", () => {
    const clusterPrefixes = ["10.0.0.0/8", "fd00:1::/64"];
    expect(resolveNetwork({ ...config, vni: 100, clusterPrefixes }, vteps).routes).toEqual([
      "10.1.0.0/24",
      "fd00:1::/64",
      "10.0.0.0/8",
      "192.168.0.0/16",
    ]);
  });

  it("has pods with the length of the segment's subnet, which other nodes share", () => {
    const segment = { clusterPrefixes: ["10.1.0.0/16"], gateways: ["10.1.255.254"] };
    const bridged = { ...config, kind: "bridged" as const, staticRoutes: [], vni: 100 };
    const [four, six] = resolveNetwork({ ...bridged, ...segment }, vteps).subnets;
    expect([four?.podLength, six?.podLength]).toEqual([16, 64]);
    expect(four?.gateway).toEqual(parseAddress("10.1.255.254"));
    expect(resolveNetwork(config).subnets.map((one) => one.podLength)).toEqual([32, 128]);
  });
});

describe("a bridged network", () => {
  const bridged = { ...config, kind: "bridged" as const, gateways: [], staticRoutes: [] };

  it("has no gateway and gives pods no routes unless a router is named", () => {
    const network = resolveNetwork(bridged);
    expect(network.subnets.map(({ gateway }) => gateway)).toEqual([null, null]);
    expect(podRoutes(network, [])).toEqual([]);
    const named = { gateways: ["10.1.0.254"], routes: ["0.0.0.0/0"] };
    expect(podRoutes(resolveNetwork({ ...bridged, ...named }), [])).toEqual([
      { dst: "0.0.0.0/0", gw: "10.1.0.254" },
    ]);
  });

  it("keeps the address of a named router and counts one more without", () => {
    const [without] = resolveNetwork(bridged).subnets;
    const [named] = resolveNetwork({ ...bridged, gateways: ["10.1.0.7"] }).subnets;
    const seven = parseAddress("10.1.0.7");
    expect([without, named].map((one) => one && capacity(one))).toEqual([254n, 253n]);
    expect([without, named].map((one) => one && subnetHolds(one, seven))).toEqual([true, false]);
  });

  it("tells the addon its defaults, and no gateway, which is somebody else", () => {
    const network = resolveNetwork({ ...bridged, gateways: ["10.1.0.254"] });
    expect(networkOptions(network)).toEqual({
      name: "blue",
      kind: "bridged",
      gateway4: "",
      gateway6: "",
      bridge: {
        fdbSize: 8192,
        ageing: 300,
        floodPerSecond: 10000,
        unknownUnicast: true,
        multicast: true,
        suppression: true,
      },
    });
    expect(network.bridge).toMatchObject({ spoofCheck: true, macLimit: 64 });
  });

  it("keeps what is written", () => {
    const fdb = { size: 64, ageing: 10 };
    const flood = { perSecond: 0, unknownUnicast: false, multicast: false };
    const own = { fdb, flood, suppression: false, spoofchk: "off" as const, macLimit: 0 };
    expect(resolveNetwork({ ...bridged, ...own }).bridge).toEqual({
      options: {
        fdbSize: 64,
        ageing: 10,
        floodPerSecond: 0,
        unknownUnicast: false,
        multicast: false,
        suppression: false,
      },
      spoofCheck: false,
      macLimit: 0,
    });
  });
});

describe("an uplink", () => {
  const plain = { interface: "eth1", queues: "auto" as const };

  it.each([
    ["routed", "shared", "shared"],
    ["routed", "dedicated", "dedicated"],
    ["bridged", "dedicated", "all"],
  ] as const)("of a %s network, %s, captures %s", (kind, use, capture) => {
    const [uplink] = resolveNetwork({ ...config, kind, uplinks: [{ ...plain, use }] }).uplinks;
    const vlan = kind === "bridged" ? { pvid: 0, tagged: [] } : null;
    expect(uplink).toMatchObject({ ifname: "eth1", capture, vlan });
  });
});

describe("VLANs of a port", () => {
  it.each<[VlanWish, PortVlans]>([
    [{}, { pvid: 0, tagged: [] }],
    [{ vlan: 0 }, { pvid: 0, tagged: [] }],
    [{ vlan: 100 }, { pvid: 100, tagged: [] }],
    [{ vlanTrunk: [{ id: 7 }] }, { pvid: 0, tagged: [7] }],
    [
      { vlan: 5, vlanTrunk: [{ minID: 10, maxID: 12 }, { id: 11 }, { id: 2 }] },
      { pvid: 5, tagged: [2, 10, 11, 12] },
    ],
  ])("%j are %j", (wish, expected) => expect(portVlans(wish)).toEqual(expected));
});

describe("MAC addresses", () => {
  it("are stable, unicast, locally administered and different per network", () => {
    expect(gatewayMac("blue")).toBe(gatewayMac("blue"));
    expect(gatewayMac("blue")).not.toBe(gatewayMac("red"));
    for (const mac of [gatewayMac("blue"), podMac("blue", "10.1.0.2")]) {
      expect(Number.parseInt(mac.slice(0, 2), 16) & 3).toBe(2);
      expect(mac).toMatch(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
    }
  });
});

describe("MTU limits", () => {
  it("follow the frame, and native XDP on a veth where that is less", () => {
    expect(maxMtu(2048, false).mtu).toBe(1774);
    expect(maxMtu(4096, false).mtu).toBe(3506);
    expect(maxMtu(4096, true).mtu).toBe(3822);
    expect(maxMtuMultiBuffer(4096)).toMatchObject({
      mtu: 9000,
      because: "3 segments of 3840 bytes: frameSize 4096 - 256 XDP headroom",
    });
  });

  it("follow the IP version at the low end", () => {
    expect(minMtu({ hasIpv6: true }).mtu).toBe(1280);
    expect(minMtu({ hasIpv6: false }).mtu).toBe(68);
  });
});
