import { afterEach, beforeEach, expect, test } from "vitest";
import { FakeSource, PF0, PF1, PluginNode, pause, vf } from "./fixture.ts";

let node: PluginNode;

beforeEach(() => {
  node = new PluginNode();
});

afterEach(() => node.close());

const healths = () => node.kubelet.lists.at(-1)?.map(({ ID, health }) => `${ID} ${health}`);

test("Each change of health reaches the kubelet, with its reason in the log", async () => {
  await node.openKnown();
  node.source.change("0000:01:10.1", { healthy: false, reason: "PF 0000:01:00.0 has no carrier" });
  await node.listed(2);
  expect(healths()).toEqual(["0000:01:10.0 Healthy", "0000:01:10.1 Unhealthy"]);
  node.source.change("0000:01:10.1", { healthy: true, reason: "" });
  await node.listed(3);
  expect(healths()).toEqual(["0000:01:10.0 Healthy", "0000:01:10.1 Healthy"]);
  expect(node.messages.slice(-2)).toEqual([
    "device plugin: device is not healthy: PF 0000:01:00.0 has no carrier",
    "device plugin: device is healthy",
  ]);
});

test("Devices that come and go are in the next list, and an empty pool has an empty one", async () => {
  node.source.set([]);
  await node.openKnown();
  expect(node.kubelet.lists).toEqual([[]]);
  node.source.set([vf(PF1, 3), vf(PF0, 0)]);
  await node.listed(2);
  expect(healths()).toEqual(["0000:01:10.0 Healthy", "0000:02:10.3 Healthy"]);
});

test("What changes nothing for the kubelet is not sent", async () => {
  await node.openKnown();
  node.source.change("0000:01:10.0", { healthy: false, reason: "no driver" });
  await node.listed(2);
  node.source.change("0000:01:10.0", { reason: "PF is gone" });
  node.source.set([...node.source.devices()].reverse());
  await pause(50);
  expect(node.kubelet.lists).toHaveLength(2);
});

test("The NUMA node is told when the platform says it, and not when the pool excludes it", async () => {
  const source = new FakeSource([vf(PF0, 0, { numaNode: 1 }), vf(PF0, 1, { numaNode: -1 })]);
  await node.openKnown({ source });
  expect(node.kubelet.lists[0]?.map(({ topology }) => topology)).toEqual([
    { nodes: [{ ID: 1 }] },
    null,
  ]);
  await node.open({ source, resource: { prefix: "a.com", name: "x" }, excludeTopology: true });
  expect((await node.listed(2)).map(({ topology }) => topology)).toEqual([null, null]);
});

test("A stream that ends leaves no subscription behind", async () => {
  const plugin = await node.openKnown();
  expect(node.source.subscriptions).toBe(2);
  await plugin.close();
  expect(node.source.subscriptions).toBe(0);
});
