import { rmSync } from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { eventually, PluginNode } from "../../sriov/device-plugin/fixture.ts";
import { problemOf } from "../../sriov/device-plugin/pool-devices.ts";
import { addIgb } from "../../sriov/fixtures/fake-nics.ts";
import { FakeSysfs } from "../../sriov/fixtures/fake-sysfs.ts";
import { ANY } from "../../sriov/fixtures/functions.ts";
import { discoverHost } from "../../sriov/policy/provision.ts";
import type { PhysicalFunction } from "../../sriov/types.ts";
import type { SriovPool } from "../config/schema.ts";
import { createLogger } from "../telemetry/log.ts";
import { VfPools } from "./vf-pools.ts";

const PF = "0000:01:00.0";

let sysfs: FakeSysfs;
let node: PluginNode;
let pools: VfPools | null = null;
beforeEach(async () => {
  sysfs = new FakeSysfs();
  addIgb(sysfs);
  node = new PluginNode();
  await node.kubelet.start();
  await sysfs.write(sysfs.device(PF, "sriov_numvfs"), "2");
});
afterEach(async () => {
  await pools?.stop();
  await node.close();
});

async function start(...wanted: Partial<SriovPool>[]): Promise<VfPools> {
  const rest = {
    ...{ resourcePrefix: "millrace.io", excludeTopology: false, additionalInfo: {} },
    ...{ devicePlugin: true, pfPreference: "spread" as const },
  };
  const all = wanted.map((one) => ({ name: "fast", selectors: ANY, ...rest, ...one }));
  const dirs = { kubeletDir: node.dir, deviceInfoDir: node.deviceInfoDir };
  const log = createLogger("error", process.stderr);
  const vfs = {
    pfs: [] as PhysicalFunction[],
    problemOf,
    look: async () => {
      vfs.pfs = await discoverHost({ native: sysfs.native, sysfs: sysfs.root });
    },
  };
  pools = new VfPools({
    vfs,
    pools: all,
    ...dirs,
    lookMs: 20,
    log,
  });
  await pools.start();
  return pools;
}

const listOf = (lists: number) => node.listed(lists);

it("a pool offers its VFs, and says when one has no driver or its PF no link", async () => {
  await start({});
  expect((await listOf(1)).map(({ ID, health }) => [ID, health])).toEqual([
    ["0000:01:10.0", "Healthy"],
    ["0000:01:10.2", "Healthy"],
  ]);
  sysfs.unbind("0000:01:10.2");
  expect((await listOf(2)).map(({ health }) => health)).toEqual(["Healthy", "Unhealthy"]);
  sysfs.set(PF, "net/ens1f0/carrier", "0");
  expect((await listOf(3)).map(({ health }) => health)).toEqual(["Unhealthy", "Unhealthy"]);
});

it("a VF whose driver has made no netdev is unhealthy, one whose netdev is with a pod is not", async () => {
  const [mine, wedged] = ["0000:01:10.0", "0000:01:10.2"];
  for (const name of ["ens1f0v0", "ens1f0v1"]) sysfs.moveNetdev(name);
  rmSync(sysfs.device(wedged, "net"), { recursive: true });
  await start({});
  expect((await listOf(1)).map(({ ID, health }) => [ID, health])).toEqual([
    [mine, "Healthy"],
    [wedged, "Unhealthy"],
  ]);
});

it("VFs that are made or removed come to the kubelet and go", async () => {
  await start({});
  await listOf(1);
  await sysfs.write(sysfs.device(PF, "sriov_numvfs"), "0");
  expect(await listOf(2)).toEqual([]);
  await sysfs.write(sysfs.device(PF, "sriov_numvfs"), "3");
  await eventually(() => node.kubelet.lists.at(-1)?.length === 3);
});

it("a pool that is not offered is unknown to the kubelet", async () => {
  expect((await start({ devicePlugin: false })).status()).toEqual([]);
});

it("an agent without pools tells the kubelet nothing", async () => {
  const none = await start();
  expect(none.status()).toEqual([]);
  expect(node.files()).toEqual(["kubelet.sock"]);
});

it("an agent that stops leaves no socket", async () => {
  await (await start({})).stop();
  expect(node.files()).toEqual(["kubelet.sock"]);
});
