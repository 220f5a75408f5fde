import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { errno } from "../dataplane/fake-native.ts";
import { companionNames } from "./companion.ts";
import { Node, request } from "./fixture.ts";

const NETWORKS = `
networks:
  - name: blue
    nodePrefixes: [10.1.0.0/24]
    flowLane: true
    portBackend: tc
    uplinks: [{interface: eth1, queues: 2}]
`;
const KEY = "pod1:net1";

let node: Node;
const companions = () => [...node.kernel.companions.values()].map(({ alias }) => alias).sort();

beforeEach(() => {
  node = new Node();
});

afterEach(() => node.cleanUp());

describe("a companion", () => {
  it("has names and alias that follow from its port", () => {
    const { near, far, alias } = companionNames(KEY);
    expect(companionNames(KEY)).toEqual({ near, far, alias, mac: expect.any(String) });
    expect([near.length, far.length]).toEqual([15, 15]);
    expect(alias).toBe(`millrace-companion:${KEY}`);
    expect(companionNames("pod2:net1").near).not.toBe(near);
  });

  it("comes with a pod and goes with it, and the port is told of it", async () => {
    const agent = await node.start("", NETWORKS);
    await agent.attacher.attach(request(1, { mtu: 1300 }));
    const { near, far } = companionNames(KEY);
    expect(node.kernel.companions.get(near)).toMatchObject({ far, mtu: 1300, queues: 1 });
    const [port] = [...(node.native.dataplane?.ports.values() ?? [])];
    expect(port).toMatchObject({ companion: { near, far } });
    expect(agent.view.ports()).toMatchObject([{ attachment: KEY, backend: "tc" }]);
    expect(agent.view.status()).toMatchObject({ ports: 1, tcPorts: 1 });
    await agent.attacher.detach("pod1", "net1");
    expect(companions()).toEqual([]);
  });

  it.each(["addPort", "applyRoutes"] as const)("goes when %s fails", async (method) => {
    const agent = await node.start("", NETWORKS);
    node.native.failures.set(method, errno("ENOSPC", "no room"));
    await expect(agent.attacher.attach(request(1))).rejects.toThrow();
    expect(companions()).toEqual([]);
    expect(node.kernel.links.size).toBe(0);
  });

  it("keeps a pod from coming when it cannot be made, and nothing is left", async () => {
    const agent = await node.start("", NETWORKS);
    node.native.failures.set("createCompanion", errno("EEXIST", "the name is taken"));
    await expect(agent.attacher.attach(request(1))).rejects.toThrow();
    expect(node.kernel.links.size).toBe(0);
    expect(agent.view.attachments()).toEqual([]);
  });

  it("that is left from a port that there is not is swept at the next start", async () => {
    node.kernel.createCompanion({ ...companionNames("gone:net1"), mtu: 1500, queues: 1 });
    node.kernel.createCompanion({ ...companionNames("uplink:eth9"), mtu: 1500, queues: 1 });
    await node.start();
    expect(companions()).toEqual([]);
  });

  it("is made anew for the pods that an agent finds", async () => {
    const first = await node.start("", NETWORKS);
    await first.attacher.attach(request(1));
    node.crash();
    expect(companions()).toHaveLength(1);
    const agent = await node.start("", NETWORKS);
    expect(companions()).toEqual([`millrace-companion:${KEY}`]);
    expect(agent.view.ports()).toMatchObject([{ attachment: KEY, backend: "tc" }]);
  });

  it("goes when the network has another backend from now on", async () => {
    const first = await node.start("", NETWORKS);
    await first.attacher.attach(request(1));
    node.crash();
    const agent = await node.start("", NETWORKS.replace("portBackend: tc", "portBackend: xdp"));
    expect(companions()).toEqual([]);
    expect(agent.view.ports()).toMatchObject([{ attachment: KEY, backend: "xdp" }]);
  });

  it("goes with the agent that made it", async () => {
    const agent = await node.start("", NETWORKS);
    await agent.attacher.attach(request(1));
    await agent.stop();
    expect(companions()).toEqual([]);
    expect(node.kernel.links.size).toBe(1);
  });

  it("of an uplink comes and goes with its device", async () => {
    node.kernel.addDevice("eth1", { mtu: 9000 });
    const agent = await node.start("reconcileInterval: 1", NETWORKS);
    const { near } = companionNames("uplink:eth1");
    expect(node.kernel.companions.get(near)).toMatchObject({ mtu: 9000, queues: 2 });
    expect(agent.view.ports()).toMatchObject([{ attachment: "uplink:eth1", backend: "tc" }]);
    node.kernel.devices.delete("eth1");
    await expect.poll(companions, { timeout: 5000 }).toEqual([]);
  });
});
