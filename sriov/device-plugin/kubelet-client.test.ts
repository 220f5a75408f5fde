import { rmSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PluginNode, staleSocket } from "./fixture.ts";
import { register } from "./kubelet-client.ts";
import type { RegisterRequest } from "./messages.ts";

let node: PluginNode;

beforeEach(() => {
  node = new PluginNode();
  node.mkdir("device-plugins");
});

afterEach(() => node.close());

function attempt(signal = new AbortController().signal): Promise<void> {
  const options = { pre_start_required: false, get_preferred_allocation_available: false };
  const request: RegisterRequest = {
    version: "v1beta1",
    endpoint: "x",
    resource_name: "",
    options,
  };
  return register(node.kubelet.socket, request, signal);
}

test("A kubelet that comes after many attempts is reached by the very next", async () => {
  await staleSocket(node.kubelet.socket);
  for (let n = 0; n < 10; n++) await expect(attempt()).rejects.toThrow("ECONNREFUSED");
  rmSync(node.kubelet.socket);
  node.kubelet.refusal = new Error("not today");
  await node.kubelet.start();
  await expect(attempt()).rejects.toThrow("not today");
});

test("An attempt that is given up ends at once", async () => {
  node.kubelet.hold = new Promise(() => {});
  await node.kubelet.start();
  const abort = new AbortController();
  const pending = attempt(abort.signal);
  setTimeout(() => abort.abort(), 20);
  await expect(pending).rejects.toThrow(/cancelled/i);
});
