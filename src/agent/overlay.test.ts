import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Node, request } from "./fixture.ts";

const VTEP = "vteps: [{name: vtep0, underlay: under, ttl: 9}]";
const FABRIC = "fabric: {driver: static, nodes: []}";
const UNDER = "{name: under, uplinks: [{interface: eth1}, {interface: eth2}]}";
const BLUE = "{name: blue, nodePrefixes: [10.1.0.0/24], vni: 100, clusterPrefixes: [10.0.0.0/8]}";
const LAN = "{name: lan, kind: bridged, nodePrefixes: [10.3.0.0/24], vni: 200}";

let node: Node;

beforeEach(() => {
  node = new Node();
  node.interfaces.set("eth1", ["fe80::1%eth1", "192.0.2.1"]);
  node.kernel.addDevice("eth1");
});

afterEach(() => node.cleanUp());

const start = (vteps = VTEP, ...networks: string[]) =>
  node.start(
    `${FABRIC}\n${vteps}`,
    `networks: [${(networks.length > 0 ? networks : [BLUE, LAN, UNDER]).join(", ")}]`,
  );
const vtep = () => node.native.dataplane?.vteps.get(0);
const vni = (network: number) => node.native.dataplane?.vnis.get(network);
const named = (mtu: number) => BLUE.replace("vni:", `mtu: ${mtu}, vni:`);

describe("VTEPs of an agent that starts", () => {
  it("have the addresses of the underlay's uplinks, the first of each family", async () => {
    node.kernel.addDevice("eth2");
    node.interfaces.set("eth2", ["192.0.2.9", "2001:db8::9", "2001:db8::8"]);
    await start();
    expect(vtep()).toMatchObject({
      name: "vtep0",
      underlay: 2,
      address4: "192.0.2.1",
      address6: "2001:db8::9",
      udpPort: 4789,
      udpChecksum: "auto",
      ttl: 9,
      dscp: -1,
      nested: false,
    });
  });

  it("have the addresses that are named, whatever the uplinks have", async () => {
    await start("vteps: [{name: vtep0, underlay: under, dscp: 0, addresses: ['FD00::0001']}]");
    expect(vtep()).toMatchObject({ address4: "", address6: "fd00::1", dscp: 0 });
  });

  it.each([
    [["fe80::1%eth1", "169.254.0.5", "127.0.0.9"], "uplink eth1 of network under has none that is"],
    [[], "uplink eth1 of network under has none that is global unicast; accepted: an address of"],
  ])("are refused when the uplinks have only %j, and nothing is left running", async (has, words) => {
    node.interfaces.set("eth1", has);
    await expect(start()).rejects.toThrow(`vteps[0].addresses: missing, and ${words}`);
    expect(node.native.dataplane).toMatchObject({ running: false, networks: [] });
  });

  it("are refused when there is no uplink", async () => {
    node.kernel.devices.clear();
    node.interfaces.clear();
    await expect(start()).rejects.toThrow(
      "vteps[0].addresses: missing, and there is no interface eth1 or eth2 to take them from",
    );
  });
});

describe("networks with a VNI", () => {
  it("are connected through their VTEP, with the MTU that the underlay leaves", async () => {
    const agent = await start();
    expect(vni(0)).toMatchObject({ vtep: 0, vni: 100, mtu: 1450, learning: false });
    expect(vni(1)).toMatchObject({ vtep: 0, vni: 200, mtu: 1450, learning: true });
    expect(vni(0)?.mac).not.toBe(vni(1)?.mac);
    expect(agent.view.networks().map(({ mtu }) => mtu)).toEqual([1450, 1450, 1500]);
    const record = await agent.attacher.attach(request(1));
    expect(record).toMatchObject({ mtu: 1450 });
    expect(record.routes.map(({ dst }) => dst)).toEqual(["10.1.0.0/24", "10.0.0.0/8"]);
  });

  it("have room for IPv6 as soon as the VTEP has such an address", async () => {
    node.interfaces.set("eth1", ["192.0.2.1", "2001:db8::1"]);
    await start();
    expect(vni(0)).toMatchObject({ mtu: 1430 });
  });

  it("have the MTU that is named when it fits the narrowest uplink", async () => {
    node.kernel.addDevice("eth2", { mtu: 1400 });
    await start(VTEP, named(1350), UNDER);
    expect(vni(0)).toMatchObject({ mtu: 1350 });
  });

  it("are refused with an MTU that cannot work, in numbers, and nothing is left running", async () => {
    await expect(start(VTEP, UNDER, named(1500))).rejects.toThrow(
      "configuration: networks[1].mtu = 1500: 1500 + 50 bytes of VXLAN over IPv4 exceed the MTU" +
        " 1500 of uplink eth1; accepted: at most 1450, or raise the MTU of eth1",
    );
    expect(node.native.dataplane).toMatchObject({ running: false, networks: [] });
  });

  it("give pods of a bridged one addresses of the segment that all nodes share", async () => {
    const lan = LAN.replace("vni:", "clusterPrefixes: [10.3.0.0/16], gateways: [10.3.9.9], vni:");
    const agent = await start(VTEP, lan, UNDER);
    const { addresses } = await agent.attacher.attach(request(1, { network: "lan" }));
    expect(addresses).toEqual([{ address: "10.3.0.1/16", gateway: "10.3.9.9" }]);
  });

  it("keep the MAC of their VTEP over restarts", async () => {
    const first = await start();
    const macs = [vni(0)?.mac, vni(1)?.mac];
    await first.stop();
    await start();
    expect([vni(0)?.mac, vni(1)?.mac]).toEqual(macs);
  });

  it("refuse pods in a VLAN, which no VNI has", async () => {
    const agent = await start();
    const port = { vlan: 5 };
    await expect(agent.attacher.attach(request(1, { network: "lan", port }))).rejects.toThrow(
      "vlan = 5 cannot be had in network lan: the network has the VNI 200, and a VNI has no VLANs",
    );
    const vlanTrunk = [{ id: 5 }];
    await expect(
      agent.attacher.attach(request(1, { network: "lan", port: { vlanTrunk } })),
    ).rejects.toThrow('vlanTrunk = [{"id":5}] cannot be had in network lan');
    await agent.attacher.attach(request(2, { network: "lan", port: { vlan: 0 } }));
  });

  it("do not take up a pod that was in a VLAN before", async () => {
    const before = await start(VTEP, LAN.replace(", vni: 200", ""), UNDER);
    await before.attacher.attach(request(1, { network: "lan", port: { vlan: 5 } }));
    await before.stop();
    const agent = await start(VTEP, LAN, UNDER);
    expect(agent.view.status().reconcile?.failures.join()).toContain("a VNI has no VLANs");
    await agent.attacher.detach("pod1", "net1");
    expect(agent.view.attachments()).toEqual([]);
  });
});

describe("an underlay without prefixes", () => {
  it("has no pods", async () => {
    const agent = await start();
    await expect(agent.attacher.attach(request(1, { network: "under" }))).rejects.toThrow(
      "network under is an underlay without nodePrefixes and has no pods",
    );
  });

  it("takes nothing from the kernel but what the VTEP does", async () => {
    const agent = await start();
    const port = agent.view.ports()[0]?.port ?? -1;
    expect(agent.view.networks()[2]?.uplinks[0]).toMatchObject({ ifname: "eth1", port });
    expect(node.native.dataplane?.prefixes.get(port)).toEqual([]);
  });
});

describe("the port of a VNI", () => {
  const MAC = "02:00:00:00:00:99";
  const filter = { network: "", mac: "", vlan: null, port: "" };

  it("is counted, and no port of a device", async () => {
    const agent = await start();
    expect(agent.view.ports().map(({ ifname }) => ifname)).toEqual(["eth1"]);
    expect(agent.view.status().ports).toBe(1);
    const counted = agent.view
      .counters()
      .ports.map(({ ifname, attachment }) => [ifname, attachment]);
    expect(counted).toEqual([
      ["vtep0", "vtep:vtep0"],
      ["vxlan100", "vni:vxlan100"],
      ["vxlan200", "vni:vxlan200"],
      ["eth1", "uplink:eth1"],
    ]);
  });

  it("takes FDB entries for peers, which wait for them and outlive a restart", async () => {
    const agent = await start();
    const { forwarding } = agent;
    const entry = { op: "add", mac: MAC, vlan: null, port: "", peer: "192.0.2.2" } as const;
    await expect(forwarding.changeFdb("lan", [entry])).rejects.toThrow("no peer of VTEP vtep0");
    const dataplane = node.native.dataplane;
    await dataplane?.applyPeers(0, [{ op: "add", address: "192.0.2.2", mtu: 1500 }]);
    await forwarding.changeFdb("lan", [entry]);
    expect((await forwarding.fdb(filter)).entries).toMatchObject([
      { network: "lan", mac: MAC, ifname: "vxlan200", peer: "192.0.2.2" },
    ]);
    expect((await forwarding.fdb({ ...filter, network: "blue" })).entries).toEqual([]);
    await agent.stop();

    const again = await start();
    expect((await again.forwarding.fdb(filter)).waiting).toMatchObject([
      { network: "lan", reason: expect.stringContaining("no peer of VTEP vtep0") },
    ]);
  });

  it("takes routes and neighbours, as every VTEP is one hop away", async () => {
    const { forwarding } = await start();
    const place = { port: "vxlan100", address: "10.1.1.0" };
    await forwarding.changeNeighbours("blue", [{ op: "add", ...place, mac: MAC }]);
    const rest = { op: "add", type: "unicast", leakTo: "", count: false } as const;
    const via = { ...place, weight: 1 };
    await forwarding.changeRoutes("blue", [{ ...rest, prefix: "10.1.1.0/24", via: [via] }]);
    expect(node.native.dataplane?.routes.get("0 10.1.1.0/24")).toMatchObject({
      nextHops: [{ port: 1, address: "10.1.1.0" }],
    });
    const nobody = { ...rest, prefix: "10.1.2.0/24", via: [{ ...via, address: "" }] };
    await expect(forwarding.changeRoutes("blue", [nobody])).rejects.toThrow(
      "vxlan100 leads to other nodes with many neighbours behind it",
    );
  });

  it("has no queue that could be moved", async () => {
    const { forwarding } = await start();
    await expect(forwarding.movePort({ port: "vxlan100", queue: 0, worker: 0 })).rejects.toThrow(
      'port = "vxlan100": it leads to other nodes and has no device; name a port that has one',
    );
  });
});
