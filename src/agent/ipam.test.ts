import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { IpamRelease, VfAttachRequest } from "../../cni/attacher.ts";
import { GIVEN, PluginDirectory } from "../../cni/ipam/fixture.ts";
import { DRIVERS } from "../../sriov/fixtures/fake-vf-drivers.ts";
import { machineWith } from "../../sriov/vf/fixture.ts";
import { errno } from "../dataplane/fake-native.ts";
import type { Agent } from "./agent.ts";
import { Node, request } from "./fixture.ts";
import { VfNode, vfRequest } from "./vf-fixture.ts";

const NETWORKS = `
networks:
  - {name: blue, nodePrefixes: [10.1.0.0/24, "fd00:1::/64"]}
  - {name: lan, kind: bridged}
`;

const REFUSE = `echo '{"code":11,"msg":"not now"}'; exit 1;`;

let plugins: PluginDirectory;
let node: Node;
let agent: Agent;

beforeEach(async () => {
  plugins = new PluginDirectory();
  node = new Node();
  agent = await node.start("", NETWORKS);
});
afterEach(async () => {
  await node.cleanUp();
  plugins.remove();
});

const asking = (n: number, type: string, network = "blue") =>
  request(n, { network, ipam: plugins.call(type) });
const releasing = (type: string): IpamRelease => ({ ...plugins.call(type), netns: "" });
const states = () => agent.view.attachments().map(({ key, state }) => `${key} ${state}`);

describe("addresses of a plugin", () => {
  it("become host addresses of a routed network, behind its gateway, with the routes of both", async () => {
    plugins.addGiving("gives", GIVEN);
    const record = await agent.attacher.attach(asking(1, "gives"));
    expect(record.addresses).toEqual([{ address: "10.1.0.50/32", gateway: "10.1.0.1" }]);
    expect(record.ipam?.dns).toEqual(GIVEN.dns);
    expect(await node.native.describePod(record.netns, "net1")).toMatchObject({
      addresses: ["10.1.0.50/32"],
      routes: [
        { dst: "10.1.0.1/32", gw: "" },
        { dst: "10.1.0.0/24", gw: "10.1.0.1" },
        { dst: "0.0.0.0/0", gw: "10.1.0.1" },
      ],
    });
    expect(agent.view.attachments()).toMatchObject([
      { steps: ["createVeth", "ipamAdd", "configurePod", "addPort", "addRoutes"] },
    ]);
    expect([...(node.native.dataplane?.routes.keys() ?? [])]).toContain("0 10.1.0.50/32");
  });

  it("are taken as they are in a bridged network, whatever its prefixes", async () => {
    const routes = [{ dst: "0.0.0.0/0" }, { dst: "10.9.0.0/16", gw: "192.0.2.9" }];
    const ips = [{ address: "192.0.2.50/24", gateway: "192.0.2.1" }, { address: "2001:DB8::5/64" }];
    plugins.addGiving("gives", { ips, routes });
    const record = await agent.attacher.attach(asking(1, "gives", "lan"));
    expect(record.addresses).toEqual([
      { address: "192.0.2.50/24", gateway: "192.0.2.1" },
      { address: "2001:db8::5/64", gateway: "" },
    ]);
    expect(await node.native.describePod(record.netns, "net1")).toMatchObject({
      addresses: ["192.0.2.50/24", "2001:db8::5/64"],
      routes: [
        { dst: "0.0.0.0/0", gw: "192.0.2.1" },
        { dst: "10.9.0.0/16", gw: "192.0.2.9" },
      ],
    });
  });

  it("are the same for an ADD that is repeated, without asking again", async () => {
    plugins.addGiving("gives", GIVEN);
    const record = await agent.attacher.attach(asking(1, "gives"));
    expect(await agent.attacher.attach(asking(1, "gives"))).toEqual(record);
    expect(plugins.calls("gives")).toEqual(["ADD pod1:net1"]);
    await expect(agent.attacher.attach(request(1))).rejects.toMatchObject({ code: 4 });
  });

  it("are not given by the network too", async () => {
    plugins.addGiving("gives", { ips: [{ address: "10.1.0.2/24" }] });
    await agent.attacher.attach(asking(1, "gives"));
    const { addresses } = await agent.attacher.attach(request(2));
    expect(addresses[0]?.address).toBe("10.1.0.3/32");
  });

  it("survive an agent that crashes", async () => {
    plugins.addGiving("gives", GIVEN);
    const { podMac } = await agent.attacher.attach(asking(1, "gives"));
    node.crash();
    agent = await node.start("", NETWORKS);
    expect(agent.view.attachments()).toMatchObject([
      { state: "attached", podMac, addresses: [{ address: "10.1.0.50/32" }] },
    ]);
    await agent.attacher.detach("pod1", "net1");
    expect(plugins.calls("gives")).toEqual(["ADD pod1:net1", "DEL pod1:net1"]);
  });
});

describe("what a plugin gave and a pod cannot have", () => {
  const ip = (address: string, more = {}) => ({ ips: [{ address, ...more }] });
  it.each([
    ["no address", { ips: [] }, "ips = []: a pod needs an address"],
    [
      "an address outside",
      ip("10.2.0.5/24"),
      '"10.2.0.5/24": it is not in a prefix of network blue',
    ],
    ["the gateway's own", ip("10.1.0.1/24"), "it is the gateway of network blue"],
    ["no address at all", ip("10.1.0.300/24"), 'ips[0].address = "10.1.0.300/24": not an IPv4'],
    ["no prefix length", ip("10.1.0.5"), "the prefix length is missing"],
    [
      "two of a family",
      { ips: [{ address: "10.1.0.5/24" }, { address: "10.1.0.6/24" }] },
      "a second IPv4 address",
    ],
    [
      "another gateway",
      ip("10.1.0.5/24", { gateway: "10.1.0.254" }),
      'ips[0].gateway = "10.1.0.254": nobody answers there',
    ],
    [
      "a route by another gateway",
      { ...ip("10.1.0.5/24"), routes: [{ dst: "10.9.0.0/16", gw: "10.1.0.7" }] },
      'routes[0].gw = "10.1.0.7": nobody answers there',
    ],
    [
      "a route with more than that",
      { ...ip("10.1.0.5/24"), routes: [{ dst: "10.9.0.0/16", mtu: 1400 }] },
      "routes[0].mtu = 1400: the route to 10.9.0.0/16 cannot have it",
    ],
  ])("is refused in words, and given back: %s", async (_, result, words) => {
    plugins.addGiving("gives", result);
    await expect(agent.attacher.attach(asking(1, "gives"))).rejects.toMatchObject({
      code: 7,
      message: expect.stringContaining(`IPAM plugin gives gave`),
      details: expect.stringContaining("accepted: "),
    });
    const error = await agent.attacher.attach(asking(1, "gives")).catch((e: Error) => e);
    expect((error as Error).message).toContain(words);
    expect(plugins.calls("gives")).toEqual([
      "ADD pod1:net1",
      "DEL pod1:net1",
      "ADD pod1:net1",
      "DEL pod1:net1",
    ]);
    expect(states()).toEqual([]);
    expect(node.kernel.links.size).toBe(0);
  });

  it("is refused when another attachment has it", async () => {
    await agent.attacher.attach(request(1, { ips: ["10.1.0.50"] }));
    plugins.addGiving("gives", GIVEN);
    await expect(agent.attacher.attach(asking(2, "gives"))).rejects.toMatchObject({
      code: 7,
      message: "IPAM plugin gives gave the address 10.1.0.50, which attachment pod1:net1 has",
    });
    expect(states()).toEqual(["pod1:net1 attached"]);
  });

  it("is nothing of a DHCP server in a routed network", async () => {
    plugins.addGiving("dhcp", GIVEN);
    await expect(agent.attacher.attach(asking(1, "dhcp"))).rejects.toMatchObject({
      code: 7,
      message: "ipam.type = dhcp cannot be had in network blue: it is routed",
    });
    expect(plugins.calls("dhcp")).toEqual([]);
  });
});

it("a plugin that asks over the pod's link finds it in service, and its port then has the address", async () => {
  plugins.addGiving("dhcp", { ips: [{ address: "192.0.2.50/24" }] });
  await agent.attacher.attach(asking(1, "dhcp", "lan"));
  const steps = agent.view.attachments()[0]?.steps;
  expect(steps?.slice(0, 5)).toEqual([
    "createVeth",
    "configurePod",
    "addPort",
    "ipamAdd",
    "removePort",
  ]);
  expect([...(node.native.dataplane?.ports.values() ?? [])]).toMatchObject([
    { addresses: ["192.0.2.50"] },
  ]);
});

describe("DEL of the plugin", () => {
  it("is delivered after a step that failed", async () => {
    plugins.addGiving("gives", GIVEN);
    node.native.failures.set("addPort", errno("EBUSY", "busy"));
    await expect(agent.attacher.attach(asking(1, "gives"))).rejects.toThrow("cannot attach");
    expect(plugins.calls("gives")).toEqual(["ADD pod1:net1", "DEL pod1:net1"]);
    expect(states()).toEqual([]);
  });

  it("is repeated until the plugin has done it; the pod's link is gone by then", async () => {
    plugins.addGiving("gives", GIVEN, `[ -e $DIR/well ] || { ${REFUSE} };`);
    await agent.attacher.attach(asking(1, "gives"));
    await expect(agent.attacher.detach("pod1", "net1")).rejects.toMatchObject({
      code: 11,
      details: expect.stringContaining("IPAM plugin gives: not now"),
    });
    expect(states()).toEqual(["pod1:net1 removing"]);
    expect(node.kernel.links.size).toBe(0);
    plugins.add("well", "");
    await agent.attacher.detach("pod1", "net1");
    expect(states()).toEqual([]);
    expect(plugins.calls("gives")).toEqual(["ADD pod1:net1", "DEL pod1:net1", "DEL pod1:net1"]);
  });

  it("is delivered by the next agent after a crash in the middle of ADD", async () => {
    plugins.addGiving("gives", GIVEN);
    node.native.failures.set("addPort", errno("EBUSY", "never comes back"));
    const crashing = node.native.call.bind(node.native);
    node.native.call = (method, work) => {
      if (method === "configurePod") node.crash();
      return crashing(method, work);
    };
    void agent.attacher.attach(asking(1, "gives")).catch(() => {});
    await expect.poll(() => plugins.calls("gives")).toEqual(["ADD pod1:net1"]);
    await expect.poll(() => node.native.kernel.links.size).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    agent = await node.start("", NETWORKS);
    expect(plugins.calls("gives")).toEqual(["ADD pod1:net1", "DEL pod1:net1"]);
    expect(states()).toEqual([]);
  });

  it("uses what ADD said when the configuration names another plugin by then", async () => {
    plugins.addGiving("gives", GIVEN);
    plugins.addGiving("other", GIVEN);
    await agent.attacher.attach(asking(1, "gives"));
    await agent.attacher.detach("pod1", "net1", releasing("other"));
    expect(plugins.calls("gives")).toEqual(["ADD pod1:net1", "DEL pod1:net1"]);
    expect(plugins.calls("other")).toEqual([]);
  });

  it("reaches the plugin for an attachment that nobody knows, which may refuse it", async () => {
    plugins.addGiving("gives", GIVEN);
    plugins.add("refuses", REFUSE);
    plugins.add("dies", "kill -9 $$");
    for (const type of ["gives", "refuses", "absent"]) {
      await agent.attacher.detach("pod1", "net1", releasing(type));
    }
    expect(plugins.calls("gives")).toEqual(["DEL pod1:net1"]);
    await expect(agent.attacher.detach("pod1", "net1", releasing("dies"))).rejects.toMatchObject({
      code: 999,
    });
  });

  it("that is refused like the ADD before it leaves nothing that could not be removed", async () => {
    plugins.add("refuses", REFUSE);
    await expect(agent.attacher.attach(asking(1, "refuses"))).rejects.toMatchObject({
      code: 11,
      message: "IPAM plugin refuses: not now",
    });
    expect(plugins.calls("refuses")).toEqual(["ADD pod1:net1", "DEL pod1:net1"]);
    expect(states()).toEqual([]);
  });

  it("that comes to no answer keeps the record of an ADD that came to none", async () => {
    plugins.add("dies", "[ -e $DIR/well ] || kill -9 $$");
    await expect(agent.attacher.attach(asking(1, "dies"))).rejects.toMatchObject({ code: 999 });
    expect(states()).toEqual(["pod1:net1 adding"]);
    plugins.add("well", "");
    await agent.attacher.detach("pod1", "net1");
    expect(states()).toEqual([]);
  });

  it("is delivered by GC for what is not valid any more", async () => {
    plugins.addGiving("gives", GIVEN);
    await agent.attacher.attach(asking(1, "gives"));
    await agent.attacher.collect("blue-net", []);
    expect(plugins.calls("gives")).toEqual(["ADD pod1:net1", "DEL pod1:net1"]);
    expect(states()).toEqual([]);
  });
});

describe("mode vf", () => {
  const VF = "0000:01:10.0";
  let vfNode: VfNode;
  let before: Record<string, unknown>;
  beforeEach(async () => {
    vfNode = new VfNode(machineWith(DRIVERS.igb, 3));
    before = vfNode.machine.snapshot();
    agent = await vfNode.startAgent();
  });
  afterEach(() => vfNode.cleanUp());

  // The netdev of the VF in the other kernel of this test, by which addresses are set.
  function standIn({ ifname: podName, netns }: VfAttachRequest): void {
    const veth = { hostName: "stand-in", hostMac: "", podMac: "", mtu: 1500, queues: 1, alias: "" };
    vfNode.kernel.createVeth({ ...veth, podName, netns });
  }

  it("gives the VF whatever addresses the plugin gives, and gives both back", async () => {
    const ips = [{ address: "192.0.2.5/24", gateway: "192.0.2.1" }, { address: "192.0.2.6/24" }];
    plugins.addGiving("gives", { ips, routes: [{ dst: "0.0.0.0/0" }], dns: GIVEN.dns });
    const asked = vfRequest(1, { ipam: plugins.call("gives") });
    standIn(asked);
    const record = await agent.attacher.attachVf(asked);
    expect(record).toMatchObject({
      network: "",
      addresses: [
        { address: "192.0.2.5/24", gateway: "192.0.2.1" },
        { address: "192.0.2.6/24", gateway: "" },
      ],
      routes: [{ dst: "0.0.0.0/0", gw: "192.0.2.1" }],
      ipam: { type: "gives", dns: GIVEN.dns },
    });
    expect(vfNode.kernel.findPod(asked.netns, "net1")).toMatchObject({
      addresses: ["192.0.2.5/24", "192.0.2.6/24"],
      routes: [{ dst: "0.0.0.0/0", gw: "192.0.2.1" }],
    });
    expect(await agent.attacher.attachVf(asked)).toEqual(record);
    await agent.attacher.detach("pod1", "net1");
    expect(plugins.calls("gives")).toEqual(["ADD pod1:net1", "DEL pod1:net1"]);
    expect(vfNode.machine.snapshot()).toEqual(before);
  });

  it("is told by a plugin that asks over the link while the VF is in the pod, and goes although it fails", async () => {
    const asked = vfRequest(1, { ipam: plugins.call("dhcp") });
    const inPod = () => vfNode.machine.findNetdev(asked.netns, VF) !== null;
    const waiting = "while [ ! -e $DIR/go ]; do sleep 0.02; done";
    plugins.addGiving("dhcp", GIVEN, `${waiting}; ${REFUSE}`);
    standIn(asked);
    await agent.attacher.attachVf(asked);
    const detaching = agent.attacher.detach("pod1", "net1").catch((error: unknown) => error);
    await expect.poll(() => plugins.calls("dhcp").at(-1)).toBe("DEL pod1:net1");
    expect(inPod()).toBe(true);
    plugins.add("go", "");
    expect(await detaching).toMatchObject({ code: 11 });
    expect(vfNode.machine.snapshot()).toEqual(before);
    expect(states()).toEqual(["pod1:net1 removing"]);
    plugins.add("dhcp", "");
    await agent.attacher.detach("pod1", "net1");
    expect(states()).toEqual([]);
  });

  it("gives the VF and the address back when the address cannot be set", async () => {
    plugins.addGiving("gives", GIVEN);
    // The other kernel of this test has no such interface.
    const attaching = agent.attacher.attachVf(vfRequest(1, { ipam: plugins.call("gives") }));
    await expect(attaching).rejects.toMatchObject({
      code: 7,
      details: expect.stringContaining("configurePod"),
    });
    expect(plugins.calls("gives")).toEqual(["ADD pod1:net1", "DEL pod1:net1"]);
    expect(vfNode.machine.snapshot()).toEqual(before);
    expect(states()).toEqual([]);
  });

  it("passes the plugin's own error on, with the VF as it was", async () => {
    plugins.add("refuses", `echo '{"code":102,"msg":"no lease"}'; exit 1`);
    const attaching = agent.attacher.attachVf(vfRequest(1, { ipam: plugins.call("refuses") }));
    await expect(attaching).rejects.toMatchObject({
      code: 102,
      message: "IPAM plugin refuses: no lease",
    });
    expect(vfNode.machine.snapshot()).toEqual(before);
    expect(vfNode.machine.findNetdev("", VF)).toMatchObject({ up: expect.any(Boolean) });
    expect(states()).toEqual([]);
  });

  it("passes the plugin's own error on with what of the VF is not as it was yet", async () => {
    plugins.add("refuses", `echo '{"code":102,"msg":"no lease","details":"ask later"}'; exit 1`);
    vfNode.vfKernel.turn = async () => {
      if (plugins.calls("refuses").length > 0) throw errno("EIO", "the PF does not answer");
    };
    const attaching = agent.attacher.attachVf(vfRequest(1, { ipam: plugins.call("refuses") }));
    await expect(attaching).rejects.toMatchObject({
      code: 102,
      message: "IPAM plugin refuses: no lease",
      details: expect.stringMatching(/^ask later; not undone yet: undo .*PF does not answer/),
    });
    expect(states()).toEqual(["pod1:net1 removing"]);
  });
});
