import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SriovPolicy } from "../../src/config/schema.ts";
import { addIgb } from "../fixtures/fake-nics.ts";
import { FakeSysfs } from "../fixtures/fake-sysfs.ts";
import { ANY } from "../fixtures/functions.ts";
import { readOriginal } from "./original.ts";
import { OriginalFile } from "./original-file.ts";
import { PfFiles } from "./pf-files.ts";
import { provision } from "./provision.ts";

const PF = "0000:01:00.0";
const VFS = ["0000:01:10.0", "0000:01:10.2"];

let sysfs: FakeSysfs;
let stateDir: string;
let lines: string[];
let set: unknown[];
beforeEach(() => {
  sysfs = new FakeSysfs();
  addIgb(sysfs);
  stateDir = mkdtempSync(join(tmpdir(), "millrace-provision-"));
  lines = [];
  set = [];
});
afterEach(() => rmSync(stateDir, { recursive: true }));

const policy = (changes: Partial<SriovPolicy>): SriovPolicy => {
  const selectors = { ...ANY, pciAddresses: [PF] };
  return { name: "fast", selectors, allowDefaultRoute: false, ...changes };
};
const numVfs = () => sysfs.get(PF, "sriov_numvfs");
const saved = () => existsSync(join(stateDir, "provisioning.json"));

function run(
  policies: SriovPolicy[],
  bootId = "boot 1",
  { used = new Map<string, string>(), owned = new Map<string, string>() } = {},
) {
  const tell = (_: object, text: string) => lines.push(text);
  const vfs = { setVf: async (...args: unknown[]) => void set.push(args) };
  const host = { native: sysfs.native, vfs, used, owned, sysfs: sysfs.root, write: sysfs.write };
  const log = { info: tell, warn: tell, error: tell };
  return provision(host, policies, new OriginalFile(stateDir, bootId), log);
}

describe("provisioning a node", () => {
  it("makes the VFs of a policy, and nothing the second time", async () => {
    await run([policy({ numVfs: 2 })]);
    expect(VFS.map((vf) => sysfs.driverOf(vf))).toEqual(["igbvf", "igbvf"]);
    expect(set).toEqual([0, 1].map((index) => ["ens1f0", index, { mac: expect.any(String) }]));
    expect(lines.at(-1)).toBe("a PF is as its policy says");
    expect(saved()).toBe(false);
    sysfs.writes.length = 0;
    await run([policy({ numVfs: 2 })]);
    expect(sysfs.writes).toEqual([]);
  });

  it("leaves a PF alone that the node uses itself, and says why", async () => {
    const used = new Map([["ens1f0", "network blue as uplink"]]);
    await run([policy({ numVfs: 2 })], "boot 1", { used });
    expect(numVfs()).toBe("0");
    expect(lines).toEqual([
      expect.stringContaining("left as it is: the PF itself belongs to network blue as uplink"),
    ]);
  });

  it("leaves VFs alone that attachments have, wherever they are", async () => {
    await run([policy({ numVfs: 2 })]);
    const owned = new Map([[VFS[1] ?? "", "attachment pod:net1"]]);
    await run([policy({ numVfs: 4 })], "boot 1", { owned });
    expect(numVfs()).toBe("2");
    expect(lines.at(-1)).toContain(`VF 1 (${VFS[1]}) belongs to attachment pod:net1`);
  });

  it("goes on without a PF that cannot be changed, which is as it was", async () => {
    sysfs.failures.set("bus/pci/drivers_probe", "EIO");
    await run([policy({ numVfs: 2 })]);
    expect(numVfs()).toBe("0");
    expect(sysfs.get(PF, "sriov_drivers_autoprobe")).toBe("1");
    expect(lines.at(-1)).toBe("a policy could not be followed");
    expect(saved()).toBe(false);
  });
});

describe("what an agent that died had half done", () => {
  /** VFs are made, none has a driver, and new ones would get none. */
  async function die(): Promise<void> {
    const files = new PfFiles(sysfs.root, PF, sysfs.write);
    await new OriginalFile(stateDir, "boot 1").write(await readOriginal(files));
    await files.setAutoprobe(false);
    await files.setNumVfs(2);
  }

  it("is undone, and done anew when a policy asks for it", async () => {
    await die();
    await run([policy({ numVfs: 2 })]);
    expect(VFS.map((vf) => sysfs.driverOf(vf))).toEqual(["igbvf", "igbvf"]);
    expect(sysfs.get(PF, "sriov_drivers_autoprobe")).toBe("1");
    expect(saved()).toBe(false);
  });

  it("is undone without any policy", async () => {
    await die();
    await run([]);
    expect([numVfs(), sysfs.get(PF, "sriov_drivers_autoprobe")]).toEqual(["0", "1"]);
  });

  it("means nothing after a reboot", async () => {
    await die();
    sysfs.writes.length = 0;
    await run([], "boot 2");
    expect(sysfs.writes).toEqual([]);
  });

  it("stays when somebody has one of the VFs by now", async () => {
    await die();
    sysfs.bind(VFS[0] ?? "", "igbvf");
    sysfs.moveNetdev("ens1f0v0");
    await run([]);
    expect(numVfs()).toBe("2");
    expect(lines).toEqual(["what an agent that died had begun stays as it is"]);
  });
});
