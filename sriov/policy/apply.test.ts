import { rmSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import type { SriovPolicy } from "../../src/config/schema.ts";
import { discover } from "../discovery/discover.ts";
import { addIgb, addVirtio } from "../fixtures/fake-nics.ts";
import { errno, FakeSysfs } from "../fixtures/fake-sysfs.ts";
import { ANY } from "../fixtures/functions.ts";
import { type ApplyOptions, applyPlan } from "./apply.ts";
import type { PfOriginal } from "./original.ts";
import { planProvisioning } from "./plan.ts";
import { ProvisioningError } from "./provisioning-error.ts";

const PF = "0000:01:00.0";
const [VF0, VF1, VF2] = ["0000:01:10.0", "0000:01:10.2", "0000:01:10.4"];
const NUMVFS = `${PF}/sriov_numvfs`;
const AUTOPROBE = `${PF}/sriov_drivers_autoprobe`;
const PROBE = "bus/pci/drivers_probe";

let sysfs: FakeSysfs;
let lines: string[];
beforeEach(() => {
  sysfs = new FakeSysfs();
  lines = [];
  addIgb(sysfs);
});

async function planFor(changes: Partial<SriovPolicy>) {
  const selectors = { ...ANY, pciAddresses: [PF] };
  const policy = { name: "fast", selectors, allowDefaultRoute: false, ...changes };
  const pfs = await discover({ sysfs: sysfs.root, ...sysfs.readers });
  return planProvisioning(pfs, [policy], { owners: new Map(), defaultRoute: new Set() });
}

/** Plans and applies; the writes before are forgotten. */
async function provision(changes: Partial<SriovPolicy>, options: Partial<ApplyOptions> = {}) {
  const plan = await planFor(changes);
  return apply(plan, options);
}

async function apply(
  plan: Awaited<ReturnType<typeof planFor>>,
  options: Partial<ApplyOptions> = {},
) {
  sysfs.writes.length = 0;
  const log = {
    info: (_: object, text: string) => lines.push(text),
    error: (_: object, text: string) => lines.push(text),
  };
  return applyPlan(plan, { sysfs: sysfs.root, log, write: sysfs.write, ...options });
}

async function givenVfs(count: number): Promise<void> {
  await sysfs.write(sysfs.device(PF, "sriov_numvfs"), String(count));
}

const drivers = (...vfs: (string | undefined)[]) => vfs.map((vf) => sysfs.driverOf(vf ?? ""));

function stateOf() {
  const vfs = [VF0, VF1, VF2].map((vf) => [
    sysfs.driverOf(vf ?? ""),
    sysfs.get(vf ?? "", "driver_override"),
  ]);
  const files = ["sriov_numvfs", "sriov_drivers_autoprobe"].map((file) => sysfs.get(PF, file));
  return { files, vfs };
}

describe("applyPlan", () => {
  it("makes VFs with probing off, and has them probed when their MAC addresses are set", async () => {
    const seen: unknown[] = [];
    const beforeProbe: ApplyOptions["beforeProbe"] = async (made) => {
      seen.push(made, drivers(VF0, VF1));
      sysfs.writes.push("hook");
    };
    expect(await provision({ numVfs: 2 }, { beforeProbe })).toEqual([{ pf: PF, error: null }]);
    expect(sysfs.writes).toEqual([
      `${AUTOPROBE}=0`,
      `${NUMVFS}=2`,
      "hook",
      `${AUTOPROBE}=1`,
      `${PROBE}=${VF0}`,
      `${PROBE}=${VF1}`,
    ]);
    const vfs = [
      { index: 0, address: VF0 },
      { index: 1, address: VF1 },
    ];
    expect(seen).toEqual([{ pf: PF, ifname: "ens1f0", vfs }, ["", ""]]);
    expect(drivers(VF0, VF1)).toEqual(["igbvf", "igbvf"]);
  });

  it("numbers its steps in the log", async () => {
    await provision({ numVfs: 1 });
    expect(lines).toEqual([
      "step 1 of 5: compare with the plan",
      "step 2 of 5: let new VFs without driver",
      "step 3 of 5: make VFs (1)",
      "step 4 of 5: let VFs be probed",
      "step 5 of 5: bind VF 0 to the driver of the kernel",
    ]);
  });

  it("leaves nothing to plan", async () => {
    const policy = { numVfs: 3, driver: "vfio-pci", selectors: { ...ANY, pfNames: ["ens1f0#1"] } };
    await provision(policy as Partial<SriovPolicy>);
    expect(drivers(VF0, VF1, VF2)).toEqual(["igbvf", "vfio-pci", "igbvf"]);
    expect((await planFor(policy as Partial<SriovPolicy>)).changes).toEqual([]);
    expect(sysfs.get(PF, "sriov_drivers_autoprobe")).toBe("1");
  });

  it("leaves probing off where it was, but not the VFs without the kernel's driver", async () => {
    sysfs.set(PF, "sriov_drivers_autoprobe", "0");
    await provision({ numVfs: 1 });
    expect(sysfs.writes.filter((write) => write.startsWith(AUTOPROBE))).toEqual([
      `${AUTOPROBE}=1`,
      `${AUTOPROBE}=0`,
    ]);
    expect(drivers(VF0)).toEqual(["igbvf"]);
  });

  it("binds vfio-pci by name, so without probing", async () => {
    await provision({ numVfs: 1, driver: "vfio-pci" });
    expect(sysfs.writes).toEqual([
      `${AUTOPROBE}=0`,
      `${NUMVFS}=1`,
      `${VF0}/driver_override=vfio-pci`,
      `${PROBE}=${VF0}`,
      `${AUTOPROBE}=1`,
    ]);
  });

  it("binds VFs that are there to another driver and back", async () => {
    await givenVfs(2);
    await provision({ driver: "vfio-pci" });
    expect(sysfs.writes.slice(0, 3)).toEqual([
      `${VF0}/driver/unbind=${VF0}`,
      `${VF0}/driver_override=vfio-pci`,
      `${PROBE}=${VF0}`,
    ]);
    expect(drivers(VF0, VF1)).toEqual(["vfio-pci", "vfio-pci"]);
    await provision({ driver: "kernel" });
    expect(drivers(VF0, VF1)).toEqual(["igbvf", "igbvf"]);
    expect(sysfs.get(VF0 ?? "", "driver_override")).toBe("(null)");
  });

  it("passes 0 on the way to another number of VFs, and only removes for 0", async () => {
    await givenVfs(3);
    await provision({ numVfs: 1 });
    expect(sysfs.writes.filter((write) => write.startsWith(NUMVFS))).toEqual([
      `${NUMVFS}=0`,
      `${NUMVFS}=1`,
    ]);
    await provision({ numVfs: 0 });
    expect(sysfs.writes).toEqual([`${NUMVFS}=0`]);
  });

  it("works for virtio, whose netdevs are not at the PCI device", async () => {
    const selectors = { ...ANY, pciAddresses: [addVirtio(sysfs)] };
    await provision({ numVfs: 3, selectors });
    expect(drivers("0000:09:00.1", "0000:09:00.3")).toEqual(["virtio-pci", "virtio-pci"]);
  });

  it("tells the original before the first write", async () => {
    await givenVfs(1);
    const told: PfOriginal[] = [];
    const record = async (original: PfOriginal) => {
      expect(sysfs.writes).toEqual([]);
      told.push(original);
    };
    await provision({ driver: "vfio-pci" }, { record });
    const vfs = [{ index: 0, driver: "igbvf", override: "" }];
    expect(told).toEqual([{ pf: PF, numVfs: 1, autoprobe: true, vfs }]);
  });

  it("changes nothing when the original cannot be kept, or read", async () => {
    const record = async () => {
      throw errno("ENOSPC");
    };
    const [outcome] = await provision({ numVfs: 1 }, { record });
    expect(outcome?.error).toMatchObject({ code: "ENOSPC" });
    const plan = await planFor({ numVfs: 1 });
    rmSync(sysfs.device(PF, "sriov_numvfs"));
    const [gone] = await apply(plan);
    expect(gone?.error).toMatchObject({ code: "ENOENT", file: expect.stringContaining(NUMVFS) });
    expect(sysfs.writes).toEqual([]);
  });

  it("goes on with the next PF when one fails, and is content with an empty plan", async () => {
    const selectors = { ...ANY, vendors: ["8086"] };
    sysfs.failures.set(NUMVFS, "EBUSY");
    const outcomes = await provision({ numVfs: 1, selectors });
    expect(outcomes).toMatchObject([
      { pf: PF, error: { code: "EBUSY" } },
      { pf: "0000:01:00.1", error: null },
    ]);
    expect(drivers("0000:01:10.1")).toEqual(["igbvf"]);
    expect(await apply({ changes: [], refusals: [], unmatched: [] })).toEqual([]);
  });
});

describe("applyPlan, when a step fails,", () => {
  async function failing(changes: Partial<SriovPolicy>, options: Partial<ApplyOptions> = {}) {
    const [outcome] = await provision(changes, options);
    const error = outcome?.error;
    if (!error) throw new Error("nothing failed");
    return error;
  }

  it("names place, file, value, errno and remedy", async () => {
    sysfs.failures.set(NUMVFS, "ENOMEM");
    const error = await failing({ numVfs: 4 });
    expect(error).toBeInstanceOf(ProvisioningError);
    expect(error).toMatchObject({ code: "ENOMEM", value: "4", file: sysfs.device(NUMVFS) });
    expect(error.message).toBe(
      `ens1f0: step 3 of 8, make VFs (4): cannot write "4" to ${sysfs.device(NUMVFS)}: ENOMEM;` +
        " remedy: turn on SR-IOV in the firmware of the machine, or boot with pci=realloc: the VFs" +
        " need PCI memory and bus numbers",
    );
  });

  it("removes the VFs that it has made and turns probing on again", async () => {
    sysfs.failures.set(PROBE, "EIO");
    const error = await failing({ numVfs: 2 });
    expect(error.message).toContain("dmesg tells more");
    expect(stateOf().files).toEqual(["0", "1"]);
    expect(lines.at(-1)).toBe("a PF is as it was: its policy could not be followed");
  });

  it("does so when the hook fails", async () => {
    const beforeProbe = async () => {
      throw errno("EOPNOTSUPP");
    };
    const error = await failing({ numVfs: 2 }, { beforeProbe });
    expect(error.message).toBe("ens1f0: step 4 of 7, set the new VFs up: EOPNOTSUPP: write");
    expect(error.cause).toMatchObject({ code: "EOPNOTSUPP" });
    expect(stateOf().files).toEqual(["0", "1"]);
  });

  it("makes again the VFs that it has removed, with their drivers", async () => {
    await givenVfs(3);
    await provision({ driver: "vfio-pci", selectors: { ...ANY, pfNames: ["ens1f0#1"] } });
    sysfs.unbind(VF2 ?? "");
    sysfs.set(PF, "sriov_drivers_autoprobe", "0");
    const before = stateOf();
    expect(before.vfs.map(([driver]) => driver)).toEqual(["igbvf", "vfio-pci", ""]);
    const beforeProbe = async () => {
      throw errno("EINVAL");
    };
    await failing({ numVfs: 5 }, { beforeProbe });
    expect(stateOf()).toEqual(before);
  });

  it("gives VFs their drivers back, also those that were bound before it failed", async () => {
    await givenVfs(2);
    const before = stateOf();
    let broken = true;
    const write: ApplyOptions["write"] = async (path, value) => {
      if (broken && path.endsWith(`${VF1}/driver_override`)) {
        expect(drivers(VF0, VF1)).toEqual(["vfio-pci", ""]);
        broken = false;
        throw errno("ENODEV");
      }
      await sysfs.write(path, value);
    };
    const error = await failing({ driver: "vfio-pci" }, { write });
    expect(error).toMatchObject({ code: "ENODEV", remedy: expect.stringContaining("lspci") });
    expect(stateOf()).toEqual(before);
  });

  it("says when a driver is not there, which is no error to the kernel", async () => {
    sysfs.drivers.delete("vfio-pci");
    await givenVfs(1);
    const error = await failing({ driver: "vfio-pci" });
    expect(error.message).toContain(
      `${VF0} has no driver after drivers_probe, not vfio-pci (${sysfs.device(VF0 ?? "", "driver")});` +
        " remedy: load the module of vfio-pci",
    );
    expect(stateOf().vfs[0]).toEqual(["igbvf", "(null)"]);
    sysfs.drivers.delete("igbvf");
    sysfs.unbind(VF0 ?? "");
    const kernel = await failing({ driver: "kernel" });
    expect(kernel.message).toContain("not the driver of the kernel");
    expect(kernel.message).toContain("load the module of the VF's driver (e.g. igbvf");
  });

  it("notices a driver that makes fewer VFs than it was asked for", async () => {
    const fewer = { device: "10ca", driver: "igbvf", offset: 128, stride: 2, atMost: 2 };
    sysfs.functions.set(PF, {
      ...(sysfs.functions.get(PF) as never as object),
      vf: fewer,
    } as never);
    const error = await failing({ numVfs: 4 });
    expect(error.message).toContain("is 2 after 4 was written: the driver makes no more VFs");
    expect(stateOf().files).toEqual(["0", "1"]);
  });

  it("does not touch VFs that were made, or bound, since it was planned", async () => {
    const plan = await planFor({ numVfs: 2 });
    await givenVfs(3);
    const [made] = await apply(plan);
    expect(made?.error?.message).toContain("has 3 VFs now, and had 0 when this was planned");
    expect(sysfs.writes).toEqual([]);
    const rebind = await planFor({ driver: "vfio-pci" });
    sysfs.unbind(VF0 ?? "");
    const [bound] = await apply(rebind);
    expect(bound?.error?.message).toContain(
      "has no driver now, and had igbvf when this was planned",
    );
    expect(sysfs.writes).toEqual([]);
  });

  it("passes over a VF that has got the driver since", async () => {
    await givenVfs(1);
    const plan = await planFor({ driver: "vfio-pci" });
    sysfs.unbind(VF0 ?? "");
    sysfs.bind(VF0 ?? "", "vfio-pci");
    expect(await apply(plan)).toEqual([{ pf: PF, error: null }]);
    expect(sysfs.writes).toEqual([]);
  });

  it("says that a VF has gone since", async () => {
    await givenVfs(1);
    const plan = await planFor({ driver: "vfio-pci" });
    await sysfs.write(sysfs.device(PF, "sriov_numvfs"), "0");
    const [outcome] = await apply(plan);
    expect(outcome?.error?.message).toContain("VF 0 is not there");
  });

  it("tells what could not be undone, after trying everything else", async () => {
    await givenVfs(1);
    const plan = await planFor({ numVfs: 2 });
    let refuse = false;
    const write: ApplyOptions["write"] = async (path, value) => {
      if (refuse && path.endsWith(NUMVFS) && value !== "0") throw errno("EIO");
      await sysfs.write(path, value);
    };
    const beforeProbe = async () => {
      refuse = true;
      throw errno("EINVAL");
    };
    const [outcome] = await apply(plan, { write, beforeProbe });
    expect(outcome?.error?.message).toContain("EINVAL: write; and not all could be undone: cannot");
    expect(sysfs.get(PF, "sriov_drivers_autoprobe")).toBe("1");
    expect(lines.at(-1)).toBe("a PF could not be made as it was");
  });
});
