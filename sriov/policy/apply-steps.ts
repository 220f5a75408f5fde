import type { Bdf } from "../types.ts";
import { isBound, type VfDriver } from "./drivers.ts";
import type { PfOriginal } from "./original.ts";
import type { PfFiles } from "./pf-files.ts";
import type { PfPlan, PlanStep } from "./plan-types.ts";
import { ProvisioningError } from "./provisioning-error.ts";

/** VFs that have just been made. */
export interface NewVfs {
  pf: Bdf;
  /** "" when it has no netdev in our namespace. */
  ifname: string;
  vfs: { index: number; address: Bdf }[];
}

export interface ApplyStep {
  /** In words. */
  name: string;
  run(): Promise<void>;
}

/**
 * The writes for a plan. VFs are made with probing off: drivers that are bound inside of making them
 * take seconds each (igbvf), and MAC addresses must be there before.
 */
export function applySteps(
  plan: PfPlan,
  original: PfOriginal,
  files: PfFiles,
  options: { beforeProbe?(made: NewVfs): Promise<void> },
): ApplyStep[] {
  const counts = plan.steps.filter((step) => step.kind === "numVfs");
  const binds = plan.steps.filter((step) => step.kind === "bind");
  const makes = counts.some(({ to }) => to > 0);
  const steps: ApplyStep[] = [checkUnchanged(plan, original)];
  let probing = original.autoprobe;
  const setProbing = (on: boolean) => {
    if (on === probing) return;
    steps.push(probeStep(files, on));
    probing = on;
  };
  if (makes) setProbing(false);
  for (const step of counts) steps.push(countStep(files, step));
  if (makes && options.beforeProbe) steps.push(hookStep(plan, files, options.beforeProbe));
  for (const driver of ["vfio-pci", "kernel"] as const) {
    const wanted = binds.filter(({ to }) => to === driver);
    // vfio-pci is named, so it needs no probing; which driver is the kernel's, only probing tells.
    if (driver === "kernel" && wanted.length > 0) setProbing(true);
    steps.push(...wanted.map((step) => bindStep(files, step, makes)));
  }
  setProbing(original.autoprobe);
  return steps;
}

type CountStep = Extract<PlanStep, { kind: "numVfs" }>;
type BindStep = Extract<PlanStep, { kind: "bind" }>;

/** A plan for another number of VFs than there are now would destroy what it does not know of. */
function checkUnchanged({ steps, pf }: PfPlan, original: PfOriginal): ApplyStep {
  const first = steps.find((step) => step.kind === "numVfs");
  return {
    name: "compare with the plan",
    run: async () => {
      if (first === undefined || first.from === original.numVfs) return;
      const what = `${pf} has ${original.numVfs} VFs now, and had ${first.from} when this was planned`;
      throw changed(what, `${pf}/sriov_numvfs`);
    },
  };
}

const probeStep = (files: PfFiles, on: boolean): ApplyStep => ({
  name: on ? "let VFs be probed" : "let new VFs without driver",
  run: () => files.setAutoprobe(on),
});

const countStep = (files: PfFiles, { from, to }: CountStep): ApplyStep => ({
  name: to === 0 ? `remove all VFs (${from})` : `make VFs (${to})`,
  run: () => files.setNumVfs(to),
});

const hookStep = (
  { pf, ifname }: PfPlan,
  files: PfFiles,
  beforeProbe: (made: NewVfs) => Promise<void>,
): ApplyStep => ({
  name: "set the new VFs up",
  run: async () => {
    const vfs: NewVfs["vfs"] = [];
    for (const index of await files.vfs())
      vfs.push({ index, address: await files.vfAddress(index) });
    await beforeProbe({ pf, ifname, vfs });
  },
});

const bindStep = (
  files: PfFiles,
  { vf: index, from, to }: BindStep,
  isNew: boolean,
): ApplyStep => ({
  name: `bind VF ${index} to ${inWords(to)}`,
  run: async () => {
    const vf = await files.vfAddress(index);
    const driver = await files.driver(vf);
    if (isBound(driver, to)) return;
    if (!isNew && driver !== from) {
      const what = `${vf} has ${driver || "no driver"} now, and had ${from || "none"} when this was planned`;
      throw changed(what, `${vf}/driver`);
    }
    await files.unbind(vf);
    const only = to === "kernel" ? "" : to;
    if ((await files.override(vf)) !== only) await files.setOverride(vf, only);
    await files.probe(vf, (found) => isBound(found, to), inWords(to), moduleOf(to));
  },
});

const inWords = (driver: VfDriver): string =>
  driver === "kernel" ? "the driver of the kernel" : driver;

const moduleOf = (driver: VfDriver): string =>
  driver === "kernel" ? "the VF's driver (e.g. igbvf, iavf, mlx5_core)" : driver;

const changed = (what: string, file: string): ProvisioningError =>
  new ProvisioningError({ what, file, value: "", code: "", remedy: "plan again" });
