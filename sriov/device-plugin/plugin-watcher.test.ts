import { rmSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { eventually, PluginNode } from "./fixture.ts";
import { identityOf } from "./identity.ts";

let node: PluginNode;

beforeEach(async () => {
  node = new PluginNode();
  await node.kubelet.start();
});

afterEach(() => node.close());

const open = () => node.open({ registration: "watcher" });

test("The plugin watcher finds the socket, asks it what it is, and tells it that it is registered", async () => {
  const plugin = await open();
  expect(plugin.status().problem).toBe(
    `waiting for the kubelet's plugin watcher to find ${node.kubelet.registry}/intel.com_sriov.sock`,
  );
  expect(await node.kubelet.discover()).toEqual([
    {
      type: "DevicePlugin",
      name: "intel.com/sriov",
      endpoint: "",
      supported_versions: ["v1beta1"],
    },
  ]);
  await node.listed(1);
  expect(plugin.status()).toMatchObject({ registered: true, streams: 1 });
  expect(node.kubelet.registrations).toEqual([]);
});

test("A watcher that will not have it is quoted, and the socket appears anew for another try", async () => {
  const plugin = await open();
  const before = await identityOf(plugin.status().socket);
  await node.kubelet.discover("plugin validation failed");
  expect(plugin.status().problem).toBe("plugin validation failed");
  await eventually(() => plugin.status().problem.startsWith("waiting"));
  expect(await identityOf(plugin.status().socket)).not.toBe(before);
  await node.kubelet.discover();
  await eventually(() => plugin.status().registered);
});

test("A kubelet that restarts finds the socket where it was", async () => {
  const plugin = await open();
  await node.kubelet.discover();
  await node.listed(1);
  node.kubelet.die();
  await eventually(() => plugin.status().streams === 0);
  await node.kubelet.start();
  await node.kubelet.discover();
  await node.listed(2);
  expect(plugin.status()).toMatchObject({ registered: true, streams: 1 });
});

test("A socket that is wiped from the registry is put in place again within a second", async () => {
  await open();
  const wipedAt = performance.now();
  rmSync(`${node.kubelet.registry}/intel.com_sriov.sock`);
  await eventually(() => node.files().includes("intel.com_sriov.sock"));
  expect(performance.now() - wipedAt).toBeLessThan(1000);
});
