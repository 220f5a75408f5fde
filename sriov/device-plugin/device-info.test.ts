import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PF0, PluginNode, vf } from "./fixture.ts";

const FILE = "intel.com-sriov-0000:01:10.0-device.json";
const TEXT =
  '{"type":"pci","version":"1.1.0","pci":{"pci-address":"0000:01:10.0","pf-pci-address":"0000:01:00.0"}}';

let node: PluginNode;

beforeEach(() => {
  node = new PluginNode();
});

afterEach(() => node.close());

const allocate = (...devices_ids: string[]) =>
  node.kubelet.call("Allocate", { container_requests: [{ devices_ids }] });
const infos = () => node.files().filter((name) => name.endsWith(".json"));
const read = (name: string) => readFileSync(join(node.deviceInfoDir, name), "utf8");

test("Allocate writes the file that Multus looks for, readable to all and writable to none", async () => {
  await node.openKnown();
  const umask = process.umask(0o077);
  await allocate("0000:01:10.0");
  process.umask(umask);
  expect(read(FILE)).toBe(TEXT);
  expect(statSync(join(node.deviceInfoDir, FILE)).mode & 0o777).toBe(0o444);
  expect(infos()).toEqual([FILE]);
});

test("A file of before is replaced", async () => {
  mkdirSync(node.deviceInfoDir, { recursive: true });
  writeFileSync(join(node.deviceInfoDir, FILE), "{}", { mode: 0o444 });
  await node.openKnown();
  await allocate("0000:01:10.0");
  expect(read(FILE)).toBe(TEXT);
});

test("When one file cannot be written, none is", async () => {
  mkdirSync(join(node.deviceInfoDir, FILE.replace("10.0", "10.1")), { recursive: true });
  await node.openKnown();
  await expect(allocate("0000:01:10.0", "0000:01:10.1")).rejects.toThrow("EISDIR");
  expect(node.files().filter((name) => !name.endsWith(".sock"))).toEqual([]);
  rmSync(node.deviceInfoDir, { recursive: true });
});

test("A VF without a PF on this machine has no PF in its file", async () => {
  node.source.set([vf(PF0, 0, { pfAddress: "" })]);
  await node.openKnown();
  await allocate("0000:01:10.0");
  expect(JSON.parse(read(FILE)).pci).toEqual({ "pci-address": "0000:01:10.0" });
});

test("When the pool goes, its files go, those of an earlier agent too, and no other's", async () => {
  mkdirSync(node.deviceInfoDir, { recursive: true });
  const left = "intel.com-sriov-0000:07:00.3-device.json";
  const others = ["intel.com-sriov-b-0000:01:10.0-device.json", "intel.com-sriov-x-device.json"];
  for (const name of [left, ...others]) writeFileSync(join(node.deviceInfoDir, name), "{}");
  const plugin = await node.openKnown();
  await allocate("0000:01:10.0", "0000:01:10.1");
  expect(infos()).toHaveLength(5);
  await plugin.close();
  expect(infos()).toEqual(others.sort());
});

test("When the agent only restarts, the files stay for pods that have no network yet", async () => {
  const plugin = await node.openKnown();
  await allocate("0000:01:10.0");
  await plugin.close("keep");
  expect(infos()).toEqual([FILE]);
  expect(node.files()).toEqual([FILE, "kubelet.sock"]);
});
