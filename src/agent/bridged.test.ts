import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AttachRequest, PortWishes } from "../../cni/attacher.ts";
import { Journal } from "../store/journal.ts";
import type { Agent } from "./agent.ts";
import { Node, request } from "./fixture.ts";

const NETWORKS = `
networks:
  - {name: blue, nodePrefixes: [10.1.0.0/24]}
  - name: lan
    kind: bridged
    nodePrefixes: [10.3.0.0/24, "fd00:3::/64"]
    gateways: [10.3.0.254]
    routes: [0.0.0.0/0]
  - {name: wire, kind: bridged, spoofchk: off, macLimit: 5}
`;

let node: Node;
let agent: Agent;

beforeEach(async () => {
  node = new Node();
  agent = await node.start("dataplane: {podQueues: 2}", NETWORKS);
});

afterEach(() => node.cleanUp());

const lan = (n: number, port?: PortWishes, more: Partial<AttachRequest> = {}) =>
  request(n, { network: "lan", ...(port && { port }), ...more });
const portOf = (number: number) => node.native.dataplane?.ports.get(number);

describe("ADD to a bridged network", () => {
  it("gives addresses with the length of the subnet, and routes only by the router named", async () => {
    const record = await agent.attacher.attach(lan(1));
    expect(record.addresses).toEqual([
      { address: "10.3.0.1/24", gateway: "10.3.0.254" },
      { address: "fd00:3::1/64", gateway: "" },
    ]);
    expect(await node.native.describePod(record.netns, "net1")).toMatchObject({
      addresses: ["10.3.0.1/24", "fd00:3::1/64"],
      routes: [{ dst: "0.0.0.0/0", gw: "10.3.0.254" }],
    });
  });

  it("makes a port of the bridge and tells it who is there", async () => {
    const { podMac: mac, hostMac, hostName } = await agent.attacher.attach(lan(1));
    expect(portOf(0)).toMatchObject({
      role: "pod",
      capture: "all",
      mac: hostMac,
      podMac: mac,
      addresses: ["10.3.0.1", "fd00:3::1"],
      vlan: { pvid: 0, tagged: [] },
      spoofCheck: true,
      macLimit: 64,
    });
    expect(node.kernel.links.get(hostName)?.queues).toBe(2);
    expect([...(node.native.dataplane?.hosts.values() ?? [])]).toEqual([
      { op: "add", address: "10.3.0.1", mac, vlan: 0 },
      { op: "add", address: "fd00:3::1", mac, vlan: 0 },
    ]);
    expect(node.native.dataplane?.routes.size).toBe(0);
    await agent.attacher.detach("pod1", "net1");
    expect(node.native.dataplane?.hosts.size).toBe(0);
    expect(node.native.dataplane?.ports.size).toBe(0);
  });

  it("honours VLAN, trunk, spoofchk and queues", async () => {
    const vlanTrunk = [{ id: 7 }, { minID: 10, maxID: 12 }];
    const wishes = { vlan: 5, vlanTrunk, spoofCheck: false, queues: 4 };
    const record = await agent.attacher.attach(lan(1, wishes));
    expect(record).toMatchObject(wishes);
    expect(portOf(0)).toMatchObject({
      vlan: { pvid: 5, tagged: [7, 10, 11, 12] },
      spoofCheck: false,
    });
    expect(node.kernel.links.get(record.hostName)?.queues).toBe(4);
    expect(node.native.dataplane?.hosts.has("1 5 10.3.0.1")).toBe(true);
  });

  it("answers for nobody behind a trunk that takes no untagged frames", async () => {
    await agent.attacher.attach(lan(1, { vlanTrunk: [{ id: 7 }] }));
    expect(node.native.dataplane?.hosts.size).toBe(0);
  });

  it("works without addresses, each pod with a MAC of its own", async () => {
    const wire = (n: number) => agent.attacher.attach(request(n, { network: "wire" }));
    const [one, two] = [await wire(1), await wire(2)];
    expect(one).toMatchObject({ addresses: [], routes: [] });
    expect(one.podMac).not.toBe(two.podMac);
    expect(portOf(0)).toMatchObject({ addresses: [], spoofCheck: false, macLimit: 5 });
    const { containerId, ifname, netns, network } = request(1, { network: "wire" });
    const result = { interfaces: [], ips: [], routes: [], dns: {} };
    const expected = { mac: one.podMac, mtu: 1500, addresses: [], result };
    expect(await agent.attacher.check({ containerId, ifname, netns, network, expected })).toEqual(
      [],
    );
  });

  it("keeps the router's address out of the pool", async () => {
    await expect(agent.attacher.attach(lan(1, {}, { ips: ["10.3.0.254"] }))).rejects.toMatchObject({
      code: 7,
      details: expect.stringContaining("it is the gateway of 10.3.0.0/24"),
    });
  });

  it.each<[PortWishes, string]>([
    [{ vlanTrunk: [] }, "vlanTrunk = [] cannot be had in network lan: it names no VLAN"],
    [
      { vlan: 7, vlanTrunk: [{ id: 7 }] },
      "vlan = 7 cannot be had in network lan: vlanTrunk has VLAN 7 too",
    ],
  ])("is refused with %j", async (port, message) => {
    await expect(agent.attacher.attach(lan(1, port))).rejects.toMatchObject({
      code: 7,
      message: expect.stringContaining(message),
    });
    expect(node.kernel.links.size).toBe(0);
  });
});

describe("ADD to a routed network", () => {
  it.each<[PortWishes, string]>([
    [{ vlan: 5 }, "vlan = 5 cannot be had in network blue: the network is routed"],
    [{ vlanTrunk: [{ id: 5 }] }, 'vlanTrunk = [{"id":5}] cannot be had'],
    [{ spoofCheck: false }, 'spoofchk = "off" cannot be had'],
  ])("is refused with %j", async (port, message) => {
    await expect(agent.attacher.attach(request(1, { port }))).rejects.toMatchObject({
      code: 7,
      message: expect.stringContaining(message),
      details: "accepted: this key for a network of kind bridged",
    });
  });

  it("takes a number of queues", async () => {
    const { hostName } = await agent.attacher.attach(request(1, { port: { queues: 3 } }));
    expect(node.kernel.links.get(hostName)?.queues).toBe(3);
    expect(portOf(0)?.workers).toEqual([0, 0, 0]);
  });

  it("is refused to a container of the name that uplinks go by", async () => {
    const call = request(1, { containerId: "uplink" });
    await expect(agent.attacher.attach(call)).rejects.toMatchObject({ code: 4 });
  });
});

describe("a repeated ADD", () => {
  it("is answered only when it asks for the same port", async () => {
    const wishes = { vlan: 5, vlanTrunk: [{ id: 7 }] };
    const record = await agent.attacher.attach(lan(1, wishes));
    expect(await agent.attacher.attach(lan(1, wishes))).toEqual(record);
    for (const other of [{ vlan: 5 }, { ...wishes, vlan: 6 }, { ...wishes, spoofCheck: true }]) {
      await expect(agent.attacher.attach(lan(1, other))).rejects.toMatchObject({ code: 4 });
    }
  });
});

describe("a restart", () => {
  it("brings ports back with the VLANs they had", async () => {
    await agent.attacher.attach(lan(1, { vlan: 5, spoofCheck: false, queues: 4 }));
    const before = portOf(0);
    await agent.stop();
    agent = await node.start("", NETWORKS);
    expect(portOf(0)).toEqual(before);
    expect(node.native.dataplane?.hosts.has("1 5 10.3.0.1")).toBe(true);
  });

  it("leaves pods alone whose network has become of another kind, and says so", async () => {
    await agent.attacher.attach(lan(1));
    await agent.attacher.attach(request(2));
    await agent.stop();
    const changed =
      "networks: [{name: blue, kind: bridged}, {name: lan, nodePrefixes: [10.3.0.0/24]}]";
    agent = await node.start("", changed);
    const [first, second] = agent.view.status().reconcile?.failures ?? [];
    expect(first).toContain("network lan was bridged when it was attached; delete the pod");
    expect(second).toContain("network blue was routed when it was attached");
    await agent.attacher.detach("pod1", "net1");
    expect(node.kernel.links.size).toBe(1);
  });

  it("reads records of agents that knew nothing of all this", async () => {
    const { queues: _, ...old } = await agent.attacher.attach(request(1));
    await agent.attacher.attach(request(2));
    await agent.stop();
    const journal = await Journal.open(node.stateDir, { warn: () => {} });
    await journal.removed({ ...old });
    await journal.begin(old);
    await journal.commit(old);
    await journal.close();
    agent = await node.start("", NETWORKS);
    expect(agent.view.status()).toMatchObject({ ports: 2, reconcile: { failures: [] } });
    const port = node.native.dataplane?.ports.get(agent.view.attachments()[1]?.port ?? -1);
    expect(port).toMatchObject({ workers: [0], vlan: null, spoofCheck: false });
  });
});
