import { rmSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { eventually, PF0, PluginNode, pause, vf } from "./fixture.ts";

const PROMISED_MS = 1000;

let node: PluginNode;

beforeEach(() => {
  node = new PluginNode();
});

afterEach(() => node.close());

/** How long after the kubelet was there again it knew the plugin. */
async function untilRegistered(startedAt: number, count: number): Promise<number> {
  await eventually(() => node.kubelet.registrations.length >= count);
  await node.listed(count);
  return (node.kubelet.registrations.at(-1)?.at ?? Number.POSITIVE_INFINITY) - startedAt;
}

test("A plugin is known again within a second after each restart of the kubelet", async () => {
  const plugin = await node.openKnown();
  for (let restart = 1; restart <= 5; restart++) {
    node.kubelet.die();
    await eventually(() => plugin.status().streams === 0);
    const startedAt = await node.kubelet.start();
    expect(await untilRegistered(startedAt, restart + 1)).toBeLessThan(PROMISED_MS);
  }
  expect(node.kubelet.registrations).toHaveLength(6);
});

test("A restart so fast that kubelet.sock seems to have been there all the time is noticed", async () => {
  await node.openKnown();
  node.kubelet.die();
  const startedAt = await node.kubelet.start();
  expect(await untilRegistered(startedAt, 2)).toBeLessThan(PROMISED_MS);
});

test("A kubelet is another one when its socket is, though it left ours in place", async () => {
  node.mkdir("device-plugins");
  await node.open();
  for (const count of [1, 2, 3]) {
    const startedAt = await node.kubelet.start("keep");
    // Sooner than by the ListAndWatch that is missing.
    expect(await untilRegistered(startedAt, count)).toBeLessThan(900);
    node.kubelet.die();
  }
});

test("What has changed while the kubelet was away is in the first list", async () => {
  const plugin = await node.openKnown();
  node.kubelet.die();
  await eventually(() => plugin.status().streams === 0);
  node.source.set([vf(PF0, 5)]);
  await node.kubelet.start();
  expect((await node.listed(2)).map(({ ID }) => ID)).toEqual(["0000:01:10.5"]);
});

test("Sockets that somebody wipes are put in place again, and registered", async () => {
  await node.openKnown();
  const wipedAt = performance.now();
  rmSync(`${node.kubelet.directory}/intel.com_sriov.sock`);
  expect(await untilRegistered(wipedAt, 2)).toBeLessThan(PROMISED_MS);
  expect(node.files()).toContain("intel.com_sriov.sock");
});

test("A socket that is wiped while the kubelet ponders is put in place again all the same", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  node.kubelet.hold = promise;
  await node.kubelet.start();
  node.begin();
  await eventually(() => node.kubelet.registrations.length === 1);
  const socket = "intel.com_sriov.sock";
  rmSync(`${node.kubelet.directory}/${socket}`);
  await eventually(() => node.files().includes(socket));
  resolve();
  await node.listed(1);
});

test("A directory that is removed and made anew is looked at again", async () => {
  const plugin = await node.openKnown();
  node.kubelet.die();
  rmSync(node.kubelet.directory, { recursive: true });
  await eventually(() => plugin.status().problem.startsWith("no directory"));
  const startedAt = await node.kubelet.start();
  expect(await untilRegistered(startedAt, 2)).toBeLessThan(PROMISED_MS);
});

test("A kubelet that drops the plugin without restarting is told again, once", async () => {
  const plugin = await node.openKnown();
  node.kubelet.drop();
  await node.listed(2);
  await pause(1500);
  expect(node.kubelet.registrations).toHaveLength(2);
  expect(node.messages.slice(1)).toEqual([
    "device plugin: not known to the kubelet: the kubelet has no ListAndWatch open; it must be 1.26 or newer",
    "device plugin: registered with the kubelet",
  ]);
  expect(plugin.status()).toMatchObject({ registered: true, streams: 1 });
});
