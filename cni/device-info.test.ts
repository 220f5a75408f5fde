import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { add } from "./add.ts";
import { RecordingAttacher, request } from "./test-call.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "mr-devinfo-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const ask = (CNIDeviceInfoFile: string, attacher = new RecordingAttacher()) =>
  add(request({ config: { mode: "vf", runtimeConfig: { CNIDeviceInfoFile } } }), attacher);

it("ADD of a VF writes which device it is where Multus asks for it", async () => {
  const path = join(dir, "cni/blue-pod1_eth0");
  await ask(path);
  const pci = { "pci-address": "0000:3b:02.1", "pf-pci-address": "0000:3b:00.0" };
  expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({ type: "pci", version: "1.1.0", pci });
  expect(statSync(path).mode & 0o777).toBe(0o444);
});

it("what an earlier pod or the device plugin has left there gives way", async () => {
  const path = join(dir, "blue-pod1_eth0");
  writeFileSync(path, "{}");
  chmodSync(path, 0o444);
  await ask(path);
  expect(readFileSync(path, "utf8")).toContain("0000:3b:02.1");
});

it("where it cannot be written nothing stays attached, and the error names the key", async () => {
  const attacher = new RecordingAttacher();
  const path = join(dir, "a file");
  writeFileSync(path, "");
  await expect(ask(join(path, "info"), attacher)).rejects.toMatchObject({
    code: 5,
    message: expect.stringContaining(`CNIDeviceInfoFile = ${path}/info`),
  });
  expect(attacher.calls.map(([verb]) => verb)).toEqual(["attachVf", "detach"]);
});

it("a path that is none is refused before anything is attached", () => {
  const config = { mode: "vf", runtimeConfig: { CNIDeviceInfoFile: "info" } };
  expect(() => request({ config })).toThrow("runtimeConfig.CNIDeviceInfoFile");
});
