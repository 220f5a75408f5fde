import { afterEach, beforeEach, expect, test } from "vitest";
import { eventually, PluginNode, pause, staleSocket } from "./fixture.ts";

let node: PluginNode;

beforeEach(() => {
  node = new PluginNode();
});

afterEach(() => node.close());

test("A plugin that is there before the kubelet is known within a second after it", async () => {
  const plugin = await node.open();
  expect(plugin.status().problem).toBe(`no directory ${node.kubelet.directory}`);
  const startedAt = await node.kubelet.start();
  await node.listed(1);
  expect((node.kubelet.registrations[0]?.at ?? 0) - startedAt).toBeLessThan(1000);
});

test("A kubelet that is away is mentioned once, not at each look", async () => {
  node.mkdir("device-plugins");
  const plugin = await node.open();
  await pause(1800);
  const problem = `no kubelet at ${node.kubelet.socket}`;
  expect(node.messages).toEqual([`device plugin: not known to the kubelet: ${problem}`]);
  expect(plugin.status()).toMatchObject({ registered: false, problem });
  await node.kubelet.start();
  await node.listed(1);
  await eventually(() => plugin.status().registered);
  expect(node.messages.at(-1)).toBe("device plugin: registered with the kubelet");
});

test("The socket of a kubelet that was killed is tried ever more seldom", async () => {
  node.mkdir("device-plugins");
  await staleSocket(node.kubelet.socket);
  const plugin = await node.open();
  await pause(1000);
  expect(plugin.status().problem).toBe(
    `the kubelet does not answer: connect ECONNREFUSED ${node.kubelet.socket}`,
  );
  expect(node.lines).toHaveLength(1);
  const startedAt = await node.kubelet.start();
  await node.listed(1);
  expect((node.kubelet.registrations[0]?.at ?? 0) - startedAt).toBeLessThan(1000);
});

test("A kubelet that is too old to talk to is told apart from one that refuses", async () => {
  node.kubelet.refusal = new Error("stream terminated by RST_STREAM with code: PROTOCOL_ERROR");
  await node.kubelet.start();
  const plugin = await node.open();
  expect(plugin.status().problem).toMatch(/PROTOCOL_ERROR; it must be 1\.26 or newer$/);
});

test("A kubelet that refuses is quoted, and asked again in pauses that double", async () => {
  node.kubelet.refusal = new Error("the ResourceName is invalid");
  await node.kubelet.start();
  const plugin = await node.open();
  await pause(1200);
  const times = node.kubelet.registrations.map(({ at }) => at);
  const pauses = times.slice(1).map((at, index) => at - (times[index] as number));
  expect(pauses.length).toBeGreaterThanOrEqual(3);
  expect(pauses.length).toBeLessThanOrEqual(5);
  for (const [index, ms] of pauses.entries()) expect(ms).toBeGreaterThanOrEqual(50 * 2 ** index);
  expect(plugin.status().problem).toBe("the ResourceName is invalid");
  expect(node.lines).toHaveLength(1);
  node.kubelet.refusal = null;
  await node.listed(1);
});
