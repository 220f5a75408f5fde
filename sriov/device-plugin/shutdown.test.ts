import { createConnection } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { eventually, PluginNode, pause } from "./fixture.ts";

let node: PluginNode;

beforeEach(() => {
  node = new PluginNode();
});

afterEach(() => node.close());

test("A plugin that was closed leaves no socket and no file, and the kubelet's stream ends", async () => {
  const plugin = await node.openKnown();
  const container_requests = [{ devices_ids: ["0000:01:10.0"] }];
  await node.kubelet.call("Allocate", { container_requests });
  expect(node.files()).toHaveLength(3);
  await plugin.close();
  expect(plugin.status().streams).toBe(0);
  expect(node.files()).toEqual(["kubelet.sock"]);
  await pause(600);
  expect(node.files()).toEqual(["kubelet.sock"]);
});

test("A plugin can be closed while no kubelet is there, while one restarts, and twice", async () => {
  const early = await node.open();
  await early.close();
  await early.close();
  const plugin = await node.openKnown();
  node.kubelet.die();
  await node.kubelet.start();
  await plugin.close();
  expect(node.files()).toEqual(["kubelet.sock"]);
});

test("A peer that neither speaks nor leaves does not hold up the end for long", async () => {
  const plugin = await node.openKnown();
  const peer = createConnection(plugin.status().socket).on("error", () => {});
  await new Promise<void>((resolve) => void peer.once("connect", resolve));
  const closedAt = performance.now();
  await plugin.close();
  expect(performance.now() - closedAt).toBeLessThan(3000);
  expect(plugin.status().streams).toBe(0);
});

test("A kubelet that does not answer does not hold up the end", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  node.kubelet.hold = promise;
  await node.kubelet.start();
  const plugin = node.begin();
  await eventually(() => node.kubelet.registrations.length === 1);
  const closedAt = performance.now();
  await plugin.close();
  expect(performance.now() - closedAt).toBeLessThan(500);
  resolve();
});
