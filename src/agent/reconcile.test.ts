import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { errno } from "../dataplane/fake-native.ts";
import type { Agent } from "./agent.ts";
import { Node, request } from "./fixture.ts";

const crashAt = vi.hoisted(() => ({ name: "", crash: () => {} }));

// A crash in this process: the kernel and the journal stay as they are, and whatever the agent
// still tries has no effect.
vi.mock("../store/failpoint.ts", () => ({
  failpoint(name: string) {
    if (name !== crashAt.name) return;
    crashAt.crash();
    throw new Error("killed");
  },
}));

let node: Node;

beforeEach(() => {
  node = new Node();
});

afterEach(async () => {
  crashAt.name = "";
  await node.cleanUp();
});

/** Lets the agent die at a failpoint of `work`, and starts the next one. */
async function restartAfterCrash(point: string, work: () => Promise<unknown>): Promise<Agent> {
  let died = false;
  crashAt.name = point;
  crashAt.crash = () => {
    node.crash();
    died = true;
  };
  work().catch(() => {});
  await vi.waitFor(() => expect(died).toBe(true));
  crashAt.name = "";
  return await node.start();
}

function expectWhole(agent: Agent): void {
  expect(agent.view.attachments()).toMatchObject([
    { key: "pod1:net1", state: "attached", port: 0 },
  ]);
  expect(node.kernel.links.size).toBe(1);
  expect(node.native.dataplane?.routes.size).toBe(2);
}

function expectNothing(agent: Agent): void {
  expect(agent.view.attachments()).toEqual([]);
  expect(agent.view.networks()[0]?.subnets.map(({ allocated }) => allocated)).toEqual([0, 0]);
  expect(node.kernel.links.size).toBe(0);
  expect(node.native.dataplane?.ports.size).toBe(0);
}

const points = (verb: string, steps: number) =>
  Array.from({ length: steps }, (_, i) => [`${verb}.${i + 1}`, `${verb}.${i + 1}.done`]).flat();

describe("an agent killed during ADD", () => {
  it.each(points("add", 7))("at %s leaves all of the attachment or nothing", async (point) => {
    const first = await node.start();
    const agent = await restartAfterCrash(point, () => first.attacher.attach(request(1)));
    if (point === "add.7.done") expectWhole(agent);
    else expectNothing(agent);
    await agent.attacher.attach(request(1));
    expectWhole(agent);
    await agent.attacher.detach("pod1", "net1");
    expectNothing(agent);
  });
});

describe("an agent killed inside createVeth", () => {
  it("removes the link that has no alias yet", async () => {
    const first = await node.start();
    const { hostName } = await first.attacher.attach(request(1));
    const link = node.kernel.links.get(hostName);
    if (!link) throw new Error("the link is missing");
    await first.attacher.detach("pod1", "net1");
    const halfMade = { ...link, alias: "" };
    const agent = await restartAfterCrash("add.3", () => {
      node.kernel.links.set(hostName, halfMade);
      return first.attacher.attach(request(1));
    });
    expectNothing(agent);
  });
});

describe("an agent killed during DEL", () => {
  it.each(points("del", 5))("at %s finishes it at the next start", async (point) => {
    const first = await node.start();
    await first.attacher.attach(request(1));
    const agent = await restartAfterCrash(point, () => first.attacher.detach("pod1", "net1"));
    if (point === "del.1") expectWhole(agent);
    else expectNothing(agent);
    await agent.attacher.detach("pod1", "net1");
    expectNothing(agent);
  });
});

describe("an agent that starts", () => {
  it("gives living attachments their ports and routes back after a clean stop", async () => {
    const first = await node.start();
    for (const n of [1, 2]) await first.attacher.attach(request(n));
    await first.attacher.attach(request(3, { ips: ["10.1.0.9"] }));
    const before = first.view.attachments();
    await first.stop();
    expect(node.native.dataplane).toMatchObject({ running: false, ports: new Map() });
    expect(node.kernel.links.size).toBe(3);

    const agent = await node.start();
    expect(agent.view.status().reconcile).toMatchObject({ restored: 3, failures: [] });
    expect(agent.view.attachments().map(({ key, addresses }) => ({ key, addresses }))).toEqual(
      before.map(({ key, addresses }) => ({ key, addresses })),
    );
    expect(agent.view.ports()).toHaveLength(3);
    expect([...(node.native.dataplane?.routes.keys() ?? [])]).toContain("0 192.168.0.0/16");
  });

  it("takes up an attachment whose namespace has lost its path, without testing the port", async () => {
    const first = await node.start();
    const { netns, hostName } = await first.attacher.attach(request(1));
    await first.stop();
    const link = node.kernel.links.get(hostName);
    if (link) node.kernel.links.set(hostName, { ...link, netns: "" });
    const agent = await node.start();
    expectWhole(agent);
    expect(node.native.dataplane?.ports.get(0)?.peer).toBeNull();
    expect(netns).not.toBe("");
  });

  it("releases attachments whose link is gone, and their addresses", async () => {
    const first = await node.start();
    await first.attacher.attach(request(1));
    await first.stop();
    node.kernel.deleteNamespace(request(1).netns);
    const agent = await node.start();
    expect(agent.view.status().reconcile).toMatchObject({ released: 1 });
    expectNothing(agent);
  });

  it("deletes links with our alias that no record knows, and no others", async () => {
    const first = await node.start();
    const { hostName } = await first.attacher.attach(request(1));
    await first.stop();
    const link = node.kernel.links.get(hostName);
    if (!link) throw new Error("the link is missing");
    node.kernel.links.set("mr1", { ...link, hostName: "mr1", alias: "millrace:ghost:net1" });
    node.kernel.links.set("mr2", { ...link, hostName: "mr2", alias: "uplink of somebody" });
    const agent = await node.start();
    expect(agent.view.status().reconcile).toMatchObject({ swept: 1, restored: 1 });
    expect([...node.kernel.links.keys()].sort()).toEqual([hostName, "mr2"].sort());
  });

  it("keeps what it cannot take up, says why, and tries again", async () => {
    const first = await node.start();
    await first.attacher.attach(request(1));
    await first.stop();
    const onlyRed = "networks: [{name: red, nodePrefixes: [10.2.0.0/29]}]";
    const agent = await node.start("reconcileInterval: 1", onlyRed);
    expect(agent.view.status().reconcile?.failures).toEqual([
      "attachment pod1:net1: network blue is not configured any more",
    ]);
    expect(agent.view.attachments()).toMatchObject([{ state: "attached", port: null }]);
    await agent.attacher.detach("pod1", "net1");
    expect(node.kernel.links.size).toBe(0);
  });
});

describe("an agent that runs", () => {
  const soon = { timeout: 4000 };

  it("takes the port of a vanished link away and keeps the address until DEL", async () => {
    const agent = await node.start("reconcileInterval: 1");
    await agent.attacher.attach(request(1));
    await agent.attacher.attach(request(2));
    node.kernel.deleteNamespace(request(1).netns);
    await vi.waitFor(() => expect(agent.view.attachments()[0]?.state).toBe("lost"), soon);
    expect(agent.view.status()).toMatchObject({
      ports: 1,
      attachments: { attached: 1, lost: 1 },
      reconcile: { lost: 1 },
    });
    expect(agent.view.networks()[0]?.subnets[0]?.allocated).toBe(2);
    await agent.attacher.detach("pod1", "net1");
    expect(agent.view.status().attachments).toMatchObject({ attached: 1, lost: 0 });
  });

  it("takes up a link again that was away for a while", async () => {
    const agent = await node.start("reconcileInterval: 1");
    const { hostName } = await agent.attacher.attach(request(1));
    const link = node.kernel.links.get(hostName);
    node.kernel.links.delete(hostName);
    await vi.waitFor(() => expect(agent.view.status().attachments.lost).toBe(1), soon);
    if (link) node.kernel.links.set(hostName, link);
    await vi.waitFor(() => expectWhole(agent), soon);
  });

  it("undoes a failed ADD that could not be undone at once", async () => {
    const agent = await node.start("reconcileInterval: 1");
    node.native.failures.set("configurePod", errno("EIO", "no"));
    node.native.failures.set("deleteLink", errno("EBUSY", "busy"));
    await expect(agent.attacher.attach(request(1))).rejects.toThrow("cannot attach");
    expect(node.kernel.links.size).toBe(1);
    await vi.waitFor(() => expectNothing(agent), soon);
  });
});
