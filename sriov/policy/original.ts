import type { Bdf } from "../types.ts";
import type { PfFiles } from "./pf-files.ts";

/** How a PF was before the first change: enough to make it so again, in another process as well. */
export interface PfOriginal {
  pf: Bdf;
  numVfs: number;
  /** sriov_drivers_autoprobe. */
  autoprobe: boolean;
  /** By number: their addresses belong to the number of VFs that there are. */
  vfs: { index: number; driver: string; override: string }[];
}

/** @throws ProvisioningError when the PF is gone */
export async function readOriginal(files: PfFiles): Promise<PfOriginal> {
  const [numVfs, autoprobe] = [await files.numVfs(), await files.autoprobe()];
  const vfs: PfOriginal["vfs"] = [];
  for (const index of await files.vfs()) {
    const vf = await files.vfAddress(index);
    vfs.push({ index, driver: await files.driver(vf), override: await files.override(vf) });
  }
  return { pf: files.pf, numVfs, autoprobe, vfs };
}

/**
 * Makes a PF as it was, whatever of a plan has been done: the last VF first, and probing last.
 * What is as it was already is not touched. A VF that cannot be bound does not keep the others.
 * @throws AggregateError of all that could not be made as it was
 */
export async function restoreOriginal(original: PfOriginal, files: PfFiles): Promise<void> {
  const failures: Error[] = [];
  const done = (change: Promise<void>) =>
    change.then(
      () => true,
      (error: Error) => failures.push(error) === 0,
    );
  if (await done(restoreNumVfs(original, files))) {
    for (const vf of [...original.vfs].reverse()) await done(restoreVf(vf, files));
  }
  await done(restoreAutoprobe(original, files));
  if (failures.length === 0) return;
  throw new AggregateError(failures, failures.map(({ message }) => message).join("; "));
}

async function restoreAutoprobe({ autoprobe }: PfOriginal, files: PfFiles): Promise<void> {
  if ((await files.autoprobe()) !== autoprobe) await files.setAutoprobe(autoprobe);
}

async function restoreNumVfs({ numVfs }: PfOriginal, files: PfFiles): Promise<void> {
  const now = await files.numVfs();
  if (now === numVfs) return;
  await files.setAutoprobe(false);
  if (now > 0) await files.setNumVfs(0);
  if (numVfs > 0) await files.setNumVfs(numVfs);
}

async function restoreVf(
  { index, driver, override }: PfOriginal["vfs"][number],
  files: PfFiles,
): Promise<void> {
  const vf = await files.vfAddress(index);
  if ((await files.driver(vf)) !== driver) {
    await files.unbind(vf);
    // Named, the driver comes whatever probing would choose, and also while it is off.
    if (driver !== "") {
      await files.setOverride(vf, driver);
      await files.probe(vf, (found) => found === driver, driver, driver);
    }
  }
  if ((await files.override(vf)) !== override) await files.setOverride(vf, override);
}
