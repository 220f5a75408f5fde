import { readFileSync, statSync, writeFileSync } from "node:fs";
import { createConnection, createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { eventually, PluginNode, staleSocket } from "./fixture.ts";

let node: PluginNode;
let path: string;

beforeEach(() => {
  node = new PluginNode();
  path = join(node.mkdir("device-plugins"), "intel.com_sriov.sock");
});

afterEach(() => node.close());

/** Another plugin, that greets whoever connects. */
function foreign(): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer((peer) => peer.end());
    server.listen(path, () => resolve(server));
  });
}

test("The socket of an agent that was killed is replaced, and only root may use the new one", async () => {
  await staleSocket(path);
  await node.open();
  const peer = createConnection(path);
  await new Promise<void>((resolve) => void peer.once("connect", resolve));
  peer.destroy();
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("A socket that another process serves is left to it, until that process is gone", async () => {
  const other = await foreign();
  const before = statSync(path).ino;
  const plugin = await node.open();
  expect(plugin.status().problem).toBe(
    `another process serves ${path}: stop its device plugin or rename the pool`,
  );
  expect(statSync(path).ino).toBe(before);
  other.close();
  await eventually(() => plugin.status().problem.startsWith("no kubelet"));
  expect(statSync(path).isSocket()).toBe(true);
});

test("A file that is no socket is left alone", async () => {
  writeFileSync(path, "precious");
  const plugin = await node.open();
  expect(plugin.status().problem).toBe(`${path} exists and is no socket: remove it`);
  await plugin.close();
  expect(readFileSync(path, "utf8")).toBe("precious");
});

test("A plugin that closes leaves the socket that another process has put there meanwhile", async () => {
  const plugin = await node.open();
  node.kubelet.wipe();
  const other = await foreign();
  await plugin.close();
  expect(statSync(path).isSocket()).toBe(true);
  await new Promise((resolve) => other.close(resolve));
});
