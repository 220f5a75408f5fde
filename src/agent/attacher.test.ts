import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ExpectedLink } from "../../cni/attacher.ts";
import { CniError } from "../../cni/errors.ts";
import { errno } from "../dataplane/fake-native.ts";
import { gatewayMac } from "../networks/mac.ts";
import type { Agent } from "./agent.ts";
import { Node, request } from "./fixture.ts";

let node: Node;
let agent: Agent;

beforeEach(async () => {
  node = new Node();
  agent = await node.start();
});

afterEach(() => node.cleanUp());

const addresses = () => agent.view.attachments().map((a) => a.addresses.map((b) => b.address));

/** What an ADD that failed must leave: nothing. */
function expectNothing(): void {
  expect(agent.view.attachments()).toEqual([]);
  expect(node.kernel.links.size).toBe(0);
  expect(node.native.dataplane?.ports.size).toBe(0);
  expect(node.native.dataplane?.routes.size).toBe(0);
}

describe("ADD", () => {
  it("makes the pod end, the port and the routes that its record says", async () => {
    const record = await agent.attacher.attach(request(1));
    expect(record).toMatchObject({
      hostName: expect.stringMatching(/^mr[0-9a-f]{13}$/),
      alias: "millrace:pod1:net1",
      mtu: 1500,
      addresses: [
        { address: "10.1.0.2/32", gateway: "10.1.0.1" },
        { address: "fd00:1::2/128", gateway: "fd00:1::1" },
      ],
    });
    expect(await node.native.describePod(record.netns, "net1")).toMatchObject({
      mac: record.podMac,
      up: true,
      addresses: ["10.1.0.2/32", "fd00:1::2/128"],
      routes: [
        { dst: "10.1.0.1/32", gw: "" },
        { dst: "fd00:1::1/128", gw: "" },
        { dst: "10.1.0.0/24", gw: "10.1.0.1" },
        { dst: "fd00:1::/64", gw: "fd00:1::1" },
        { dst: "192.168.0.0/16", gw: "10.1.0.1" },
      ],
    });
    expect([...(node.native.dataplane?.routes ?? [])]).toMatchObject([
      ["0 10.1.0.2/32", { type: "unicast", nextHops: [{ port: 0, address: "" }], source: "pod" }],
      ["0 fd00:1::2/128", { nextHops: [{ port: 0 }] }],
    ]);
    expect(node.native.dataplane?.ports.get(0)).toMatchObject({
      ifname: record.hostName,
      mac: gatewayMac("blue"),
      podMac: record.podMac,
      addresses: ["10.1.0.2", "fd00:1::2"],
      peer: { netns: record.netns, ifname: "net1" },
    });
    expect(agent.view.attachments()).toMatchObject([
      {
        state: "attached",
        port: 0,
        mode: "copy",
        steps: ["createVeth", "configurePod", "addPort", "addRoutes"],
      },
    ]);
  });

  it("honours address, MAC and MTU asked for, and routes what the pod routes for others", async () => {
    const mac = "02:00:00:00:00:99";
    const record = await agent.attacher.attach(request(1, { ips: ["10.1.0.9"], mac, mtu: 1300 }));
    expect(record).toMatchObject({ podMac: mac, mtu: 1300 });
    expect(record.addresses[0]?.address).toBe("10.1.0.9/32");
    expect(record.routes.map(({ dst }) => dst)).not.toContain("192.168.0.0/16");
    expect(node.native.dataplane?.routes.get("0 192.168.0.0/16")?.nextHops).toEqual([
      { port: 0, address: "", weight: 1 },
    ]);
    expect(agent.view.networks()[0]?.staticRoutes[0]).toMatchObject({ active: true });
  });

  it("gives 50 pods at once 50 different addresses", async () => {
    await Promise.all(Array.from({ length: 50 }, (_, n) => agent.attacher.attach(request(n))));
    expect(new Set(addresses().flat()).size).toBe(100);
    expect(node.native.dataplane?.ports.size).toBe(50);
  });

  it.each([
    ["an unknown network", { network: "green" }, 7, "known networks: blue, red"],
    ["an MTU above the network's", { mtu: 1501 }, 7, "mtu = 1501 cannot be had in network blue"],
    ["an MTU below IPv6's minimum", { mtu: 1279 }, 7, "accepted: 1280 (the network has an IPv6"],
    ["an address outside", { ips: ["10.9.0.1"] }, 7, "it is not in 10.1.0.0/24"],
    ["a namespace that is gone", { netns: "/run/netns/gone" }, 8, "CNI_NETNS = /run/netns/gone"],
  ])("refuses %s with the spec's code and words", async (_, more, code, words) => {
    const error = await agent.attacher.attach(request(1, more)).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(CniError);
    const { code: got, message, details } = error as CniError;
    expect({ code: got, text: `${message} ${details}` }).toEqual({
      code,
      text: expect.stringContaining(words),
    });
    expectNothing();
  });

  it("refuses a MAC that the gateway or another pod has", async () => {
    const { podMac } = await agent.attacher.attach(request(1));
    for (const [mac, holder] of [
      [gatewayMac("blue"), "the gateway"],
      [podMac, "attachment pod1:net1"],
    ] as const) {
      await expect(agent.attacher.attach(request(2, { mac }))).rejects.toMatchObject({
        code: 7,
        message: `mac = ${mac} cannot be had in network blue: ${holder} has it`,
      });
    }
  });

  it("gives the host end another MAC than the gateway's", async () => {
    const { hostMac } = await agent.attacher.attach(request(1));
    expect(hostMac).not.toBe(gatewayMac("blue"));
  });

  it("says when the interface name is taken in the pod", async () => {
    await agent.attacher.attach(request(1));
    const second = request(2, { netns: request(1).netns });
    await expect(agent.attacher.attach(second)).rejects.toMatchObject({
      code: 4,
      details: expect.stringContaining("CNI_IFNAME = net1 must be free in /run/netns/pod1"),
    });
    expect(node.kernel.links.size).toBe(1);
  });

  it("asks to try again when the network or the worker is full, and recovers", async () => {
    const red = (n: number) => request(n, { network: "red" });
    for (let n = 0; n < 5; n++) await agent.attacher.attach(red(n));
    await expect(agent.attacher.attach(red(5))).rejects.toMatchObject({
      code: 11,
      details: expect.stringContaining("network red: every address of 10.2.0.0/29 is in use"),
    });
    await agent.attacher.detach("pod3", "net1");
    await agent.attacher.attach(red(5));
  });

  it.each([
    "createVeth",
    "configurePod",
    "addPort",
    "applyRoutes",
  ] as const)("leaves nothing behind when %s fails, and the next ADD works", async (method) => {
    node.native.failures.set(method, errno("EIO", "the kernel said no"));
    await expect(agent.attacher.attach(request(1))).rejects.toMatchObject({
      code: 999,
      message: "cannot attach pod1:net1",
      details: expect.stringContaining("the kernel said no"),
    });
    expectNothing();
    await agent.attacher.attach(request(1));
  });

  it("keeps the record when the undoing fails too, until it can be undone", async () => {
    node.native.failures.set("configurePod", errno("EIO", "no"));
    node.native.failures.set("deleteLink", errno("EBUSY", "busy"));
    await expect(agent.attacher.attach(request(1))).rejects.toThrow("cannot attach");
    expect(agent.view.attachments()).toMatchObject([{ state: "adding" }]);
    await agent.attacher.detach("pod1", "net1");
    expectNothing();
  });

  it("answers a repeated ADD with the same result only when nothing differs", async () => {
    const record = await agent.attacher.attach(request(1));
    expect(await agent.attacher.attach(request(1))).toEqual(record);
    const error = { code: 4, details: expect.stringContaining("call DEL first") };
    await expect(agent.attacher.attach(request(1, { network: "red" }))).rejects.toMatchObject(
      error,
    );
    await expect(agent.attacher.attach(request(1, { mtu: 1400 }))).rejects.toMatchObject(error);
    node.kernel.links.clear();
    await expect(agent.attacher.attach(request(1))).rejects.toMatchObject(error);
  });

  it("asks to try again while the agent stops", async () => {
    await agent.stop();
    await expect(agent.attacher.attach(request(1))).rejects.toMatchObject({ code: 11 });
    await expect(agent.attacher.detach("pod1", "net1")).rejects.toMatchObject({ code: 11 });
  });
});

describe("a full worker", () => {
  it("refuses one port more than dataplane.maxPorts with try again later", async () => {
    await agent.stop();
    agent = await node.start("dataplane: {maxPorts: 2}");
    for (const n of [1, 2]) await agent.attacher.attach(request(n));
    await expect(agent.attacher.attach(request(3))).rejects.toMatchObject({
      code: 11,
      details: expect.stringContaining("serves dataplane.maxPorts = 2 ports already"),
    });
    await agent.attacher.detach("pod1", "net1");
    await agent.attacher.attach(request(3));
  });
});

describe("DEL", () => {
  it("removes everything, and again and again", async () => {
    await agent.attacher.attach(request(1));
    for (let times = 0; times < 3; times++) await agent.attacher.detach("pod1", "net1");
    expectNothing();
  });

  it("works when the namespace is gone", async () => {
    await agent.attacher.attach(request(1));
    node.kernel.deleteNamespace(request(1).netns);
    await agent.attacher.detach("pod1", "net1");
    expectNothing();
  });

  it("is no error for what was never attached", async () => {
    await agent.attacher.detach("pod77", "net1");
  });

  it("removes a link of ours that no record knows", async () => {
    const { hostName, alias } = await agent.attacher.attach(request(1));
    const link = node.kernel.links.get(hostName);
    await agent.attacher.detach("pod1", "net1");
    if (link) node.kernel.links.set(hostName, { ...link, alias });
    await agent.attacher.detach("pod1", "net1");
    expectNothing();
  });

  it("leaves a link alone that by now belongs to somebody else", async () => {
    const { hostName } = await agent.attacher.attach(request(1));
    const link = node.kernel.links.get(hostName);
    if (link) node.kernel.links.set(hostName, { ...link, alias: "theirs" });
    await agent.attacher.detach("pod1", "net1");
    expect(node.kernel.links.has(hostName)).toBe(true);
  });

  it.each([
    "applyRoutes",
    "removePort",
    "deleteLink",
  ] as const)("goes on where it stopped when %s failed", async (method) => {
    await agent.attacher.attach(request(1));
    node.native.failures.set(method, errno("EBUSY", "busy"));
    await expect(agent.attacher.detach("pod1", "net1")).rejects.toMatchObject({
      code: 11,
      details: expect.stringContaining("busy"),
    });
    expect(agent.view.attachments()).toMatchObject([{ state: "removing" }]);
    await agent.attacher.detach("pod1", "net1");
    expectNothing();
  });

  it("waits for an ADD of the same attachment and undoes it whole", async () => {
    const add = agent.attacher.attach(request(1));
    const del = agent.attacher.detach("pod1", "net1");
    await Promise.all([add, del]);
    expectNothing();
  });

  it("never leaves anything when ADDs and DELs of few attachments race", async () => {
    const calls = Array.from({ length: 60 }, (_, i) =>
      i % 3 === 0
        ? agent.attacher.detach(`pod${i % 5}`, "net1")
        : agent.attacher.attach(request(i % 5)),
    );
    await Promise.all(calls);
    for (let n = 0; n < 5; n++) await agent.attacher.detach(`pod${n}`, "net1");
    expectNothing();
  });
});

describe("CHECK", () => {
  const result = { interfaces: [], ips: [], routes: [], dns: {} };
  const nothing: ExpectedLink = { mac: null, mtu: null, addresses: [], result };
  const check = (expected = nothing, more = {}) => {
    const { containerId, ifname, netns, network } = request(1);
    return agent.attacher.check({ containerId, ifname, netns, network, expected, ...more });
  };

  it("finds nothing wrong with what ADD made", async () => {
    const { podMac: mac, mtu, addresses } = await agent.attacher.attach(request(1));
    const expected = { mac, mtu, addresses: addresses.map(({ address }) => address), result };
    expect(await check(expected)).toEqual([]);
  });

  it("names every difference", async () => {
    const { hostName } = await agent.attacher.attach(request(1));
    const pod = node.kernel.links.get(hostName)?.pod;
    Object.assign(pod ?? {}, { up: false, mtu: 1600, mac: "02:00:00:00:00:77", routes: [] });
    const differences = await check(
      { ...nothing, addresses: ["10.1.0.2/32", "10.1.0.3/32"] },
      { network: "red" },
    );
    expect(differences).toEqual([
      "network is blue, the configuration says red",
      expect.stringMatching(/^MAC of net1 is 02:00:00:00:00:77, expected/),
      "MTU of net1 is 1600, expected 1500",
      "net1 is down",
      "net1 has no address 10.1.0.3/32",
      "there is no route 10.1.0.0/24 via 10.1.0.1",
      "there is no route fd00:1::/64 via fd00:1::1",
      "there is no route 192.168.0.0/16 via 10.1.0.1",
    ]);
  });

  it("says when attachment, interface or port is missing", async () => {
    expect(await check()).toEqual(["attachment pod1:net1 is not known to the agent"]);
    await agent.attacher.attach(request(1));
    node.kernel.links.clear();
    expect(await check()).toEqual([
      "prevResult has no address for net1",
      expect.stringMatching(/^there is no link mr\w+ on the node$/),
      "there is no interface net1 in /run/netns/pod1",
    ]);
  });
});

describe("GC", () => {
  it("detaches what this configuration added and the runtime does not know", async () => {
    await agent.attacher.attach(request(1));
    await agent.attacher.attach(request(2));
    await agent.attacher.attach(request(3, { configName: "other" }));
    await agent.attacher.collect("blue-net", [{ containerId: "pod2", ifname: "net1" }]);
    expect(agent.view.attachments().map(({ key }) => key)).toEqual(["pod2:net1", "pod3:net1"]);
  });

  it("collects all it can and reports what it could not", async () => {
    for (const n of [1, 2, 3]) await agent.attacher.attach(request(n));
    node.native.failures.set("deleteLink", errno("EBUSY", "busy"));
    await expect(agent.attacher.collect("blue-net", [])).rejects.toMatchObject({
      message: "1 of 3 attachments could not be collected",
      details: expect.stringContaining("busy"),
    });
    expect(agent.view.attachments()).toHaveLength(1);
  });
});

describe("STATUS", () => {
  it("is ready for configured networks, also when their addresses are used up", async () => {
    for (let n = 0; n < 5; n++) await agent.attacher.attach(request(n, { network: "red" }));
    expect(await agent.attacher.status("red", "")).toMatchObject({ ready: true });
  });

  it("says why not for others and for an agent that stops", async () => {
    expect(await agent.attacher.status("green", "")).toMatchObject({
      ready: false,
      degraded: false,
      reason: expect.stringContaining("known networks: blue, red"),
    });
    await agent.stop();
    expect(await agent.attacher.status("blue", "")).toMatchObject({ ready: false, degraded: true });
  });
});
