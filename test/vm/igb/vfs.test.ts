import { expect } from "vitest";
import { must, run } from "../../harness/run.ts";
import {
  driverOf,
  ifnameOf,
  macOf,
  pfsOf,
  readDevice,
  vfsOf,
  writeDevice,
} from "../fixtures/pci.ts";
import { guestScenario } from "../fixtures/scenario.ts";
import { createVfs, vfCount } from "../fixtures/vfs.ts";

const MACS = ["52:54:0a:00:00:01", "52:54:0a:00:00:02", "52:54:0a:00:00:03"];

guestScenario("The guest has two igb PFs, and each can have seven VFs", async () => {
  const pfs = pfsOf("igb");
  expect(pfs).toHaveLength(2);
  for (const pf of pfs) {
    expect(readDevice(pf, "sriov_totalvfs")).toBe("7");
    expect(vfCount(pf)).toBe(0);
  }
});

guestScenario("VFs take the MACs that their PF was told before they were bound", async (scope) => {
  const [pf = ""] = pfsOf("igb");
  const started = performance.now();
  const vfs = await createVfs(scope, pf, MACS.length, { macs: MACS });
  console.log(`${vfs.length} VFs in ${Math.round(performance.now() - started)} ms`);
  expect(vfs.map(driverOf)).toEqual(MACS.map(() => "igbvf"));
  expect(vfs.map((vf) => macOf(ifnameOf(vf)))).toEqual(MACS);
  const [link] = JSON.parse(await must("ip", ["-json", "link", "show", ifnameOf(pf)]));
  const told = link.vfinfo_list.map(({ address }: { address: string }) => address);
  expect(told).toEqual(MACS);
});

guestScenario("All seven VFs can be made, and are gone with the number 0", async (scope) => {
  const [, pf = ""] = pfsOf("igb");
  const vfs = await createVfs(scope, pf, 7);
  expect(new Set(vfs).size).toBe(7);
  await writeDevice(pf, "sriov_numvfs", "0");
  expect([vfCount(pf), vfsOf(pf)]).toEqual([0, []]);
});

guestScenario(
  "The kernel refuses more VFs than there are, and another number of them",
  async (scope) => {
    const [pf = ""] = pfsOf("igb");
    await expect(writeDevice(pf, "sriov_numvfs", "8")).rejects.toThrow("ERANGE");
    await createVfs(scope, pf, 1);
    await expect(writeDevice(pf, "sriov_numvfs", "2")).rejects.toThrow("EBUSY");
    expect(vfCount(pf)).toBe(1);
  },
);

guestScenario("The PF refuses the knobs that it does not have", async (scope) => {
  const [pf = ""] = pfsOf("igb");
  await createVfs(scope, pf, 1);
  const set = async (...knob: string[]) =>
    (await run("ip", ["link", "set", ifnameOf(pf), "vf", "0", ...knob])).stderr.trim();
  expect(await set("state", "disable")).toContain("not supported");
  expect(await set("min_tx_rate", "10")).toContain("Invalid argument");
  expect(await set("vlan", "5", "proto", "802.1ad")).toContain("not supported");
  expect(await set("vlan", "5")).toBe("");
});
