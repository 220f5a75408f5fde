import { describe, expect, it } from "vitest";
import { addIgb } from "../fixtures/fake-nics.ts";
import { errno, FakeSysfs } from "../fixtures/fake-sysfs.ts";
import { applyPlan } from "./apply.ts";
import { type PfOriginal, readOriginal, restoreOriginal } from "./original.ts";
import { PfFiles } from "./pf-files.ts";
import type { PlanStep } from "./plan-types.ts";

const PF = "0000:01:00.0";
const VFS = ["0000:01:10.0", "0000:01:10.2", "0000:01:10.4"];

/** Three VFs: igbvf, vfio-pci and none. */
async function machine() {
  const sysfs = new FakeSysfs();
  addIgb(sysfs);
  await sysfs.write(sysfs.device(PF, "sriov_numvfs"), "3");
  const [, second = "", third = ""] = VFS;
  sysfs.unbind(second);
  sysfs.set(second, "driver_override", "vfio-pci");
  sysfs.bind(second, "vfio-pci");
  sysfs.unbind(third);
  return { sysfs, files: new PfFiles(sysfs.root, PF, sysfs.write) };
}

const bind = (vf: number, from: string, to: "kernel" | "vfio-pci"): PlanStep => ({
  kind: "bind",
  vf,
  from,
  to,
});

const PLANS: [string, PlanStep[]][] = [
  [
    "another number of VFs",
    [
      { kind: "numVfs", from: 3, to: 0 },
      { kind: "numVfs", from: 0, to: 2 },
      bind(0, "", "kernel"),
      bind(1, "", "kernel"),
    ],
  ],
  [
    "other drivers",
    [bind(0, "igbvf", "vfio-pci"), bind(1, "vfio-pci", "kernel"), bind(2, "", "kernel")],
  ],
];

describe("readOriginal", () => {
  it("reads the number of VFs, probing, and driver and override of each VF", async () => {
    const { files, sysfs } = await machine();
    sysfs.set(PF, "sriov_drivers_autoprobe", "0");
    expect(await readOriginal(files)).toEqual({
      pf: PF,
      numVfs: 3,
      autoprobe: false,
      vfs: [
        { index: 0, driver: "igbvf", override: "" },
        { index: 1, driver: "vfio-pci", override: "vfio-pci" },
        { index: 2, driver: "", override: "" },
      ],
    });
  });
});

describe("restoreOriginal", () => {
  it("touches nothing that is as it was", async () => {
    const { files, sysfs } = await machine();
    const original = await readOriginal(files);
    sysfs.writes.length = 0;
    await restoreOriginal(original, files);
    expect(sysfs.writes).toEqual([]);
  });

  it("keeps VFs that only have another driver, and takes the last first", async () => {
    const { files, sysfs } = await machine();
    const original = await readOriginal(files);
    sysfs.unbind(VFS[0] ?? "");
    sysfs.unbind(VFS[1] ?? "");
    sysfs.writes.length = 0;
    await restoreOriginal(original, files);
    expect(sysfs.writes).toEqual([
      `${VFS[1]}/driver_override=vfio-pci`,
      `bus/pci/drivers_probe=${VFS[1]}`,
      `${VFS[0]}/driver_override=igbvf`,
      `bus/pci/drivers_probe=${VFS[0]}`,
      `${VFS[0]}/driver_override=`,
    ]);
    expect(await readOriginal(files)).toEqual(original);
  });

  it("goes on after a VF that cannot be bound, and tells of it", async () => {
    const { files, sysfs } = await machine();
    const original = await readOriginal(files);
    for (const vf of VFS.slice(0, 2)) sysfs.unbind(vf);
    sysfs.drivers.delete("vfio-pci");
    await expect(restoreOriginal(original, files)).rejects.toThrow(
      `${VFS[1]} has no driver after drivers_probe, not vfio-pci`,
    );
    expect(sysfs.driverOf(VFS[0] ?? "")).toBe("igbvf");
  });

  it("says that the PF is gone, once", async () => {
    const { files, sysfs } = await machine();
    const original = await readOriginal(files);
    await sysfs.write(sysfs.device(PF, "sriov_numvfs"), "0");
    sysfs.removeFunction(PF);
    await expect(restoreOriginal(original, files)).rejects.toMatchObject({
      message: expect.stringContaining("sriov_numvfs is not there"),
      errors: { length: 1 },
    });
  });

  it.each(PLANS)("undoes a plan for %s that was cut off after any write", async (_, steps) => {
    for (let cut = 0; ; cut++) {
      const { files, sysfs } = await machine();
      let kept: PfOriginal | undefined;
      let left = cut;
      // Nothing is written any more, as if the process had ended there: nothing is undone either.
      const write = async (path: string, value: string) => {
        if (left-- <= 0) throw errno("EINTR");
        await sysfs.write(path, value);
      };
      const record = async (original: PfOriginal) => {
        kept = structuredClone(original);
      };
      const plan = { pf: PF, ifname: "ens1f0", policy: "fast", steps };
      const log = { info: () => {}, error: () => {} };
      const options = { sysfs: sysfs.root, log, write, record };
      const [outcome] = await applyPlan({ changes: [plan], refusals: [], unmatched: [] }, options);
      if (!kept) throw new Error("nothing was recorded");
      if (outcome?.error === null) {
        expect(cut).toBeGreaterThan(4);
        return;
      }
      await restoreOriginal(kept, files);
      expect(await readOriginal(files), `after ${cut} writes`).toEqual(kept);
    }
  });
});
