import { join } from "node:path";
import { linkName, names, pciDevice, readNumber, readText, writeAttribute } from "../sysfs.ts";
import type { Bdf } from "../types.ts";
import { ProvisioningError, writeError } from "./provisioning-error.ts";

/** Gives a file of sysfs a value. Tests pass what does as the kernel would. */
export type AttributeWriter = (path: string, value: string) => Promise<void>;

/** driver_override reads so when it is not set, and one that is empty takes it back. */
const UNSET = "(null)";

/** The files of one PF and its VFs that provisioning reads and writes. */
export class PfFiles {
  readonly pf: Bdf;
  readonly #sysfs: string;
  readonly #write: AttributeWriter;

  constructor(sysfs: string, pf: Bdf, write: AttributeWriter = writeAttribute) {
    this.pf = pf;
    this.#sysfs = sysfs;
    this.#write = write;
  }

  /** @throws ProvisioningError when the PF is gone */
  async numVfs(): Promise<number> {
    const file = this.#device(this.pf, "sriov_numvfs");
    const value = await readNumber(file);
    if (value !== null) return value;
    const what = `${file} is not there`;
    const remedy = "look whether the PF is still there (lspci)";
    throw new ProvisioningError({ what, file, value: "", code: "ENOENT", remedy });
  }

  /** @throws ProvisioningError also when the driver makes another number of VFs, which it may */
  async setNumVfs(count: number): Promise<void> {
    const file = this.#device(this.pf, "sriov_numvfs");
    await this.#set(file, String(count));
    const made = await this.numVfs();
    if (made === count) return;
    const what = `${file} is ${made} after ${count} was written: the driver makes no more VFs`;
    const remedy = `numVfs up to ${made}`;
    throw new ProvisioningError({ what, file, value: String(count), code: "", remedy });
  }

  /** Whether VFs get a driver when they are made, or when one is asked for without its name. */
  async autoprobe(): Promise<boolean> {
    return (await readText(this.#device(this.pf, "sriov_drivers_autoprobe"))) !== "0";
  }

  async setAutoprobe(on: boolean): Promise<void> {
    await this.#set(this.#device(this.pf, "sriov_drivers_autoprobe"), on ? "1" : "0");
  }

  /** Numbers of the VFs, ascending. */
  async vfs(): Promise<number[]> {
    const found = (await names(this.#device(this.pf))).map((name) => /^virtfn(\d+)$/.exec(name));
    return found
      .flatMap((match) => (match === null ? [] : [Number(match[1])]))
      .sort((a, b) => a - b);
  }

  /** @throws ProvisioningError when there is no such VF */
  async vfAddress(index: number): Promise<Bdf> {
    const file = this.#device(this.pf, `virtfn${index}`);
    const address = await linkName(file);
    if (address !== "") return address;
    const what = `VF ${index} is not there (${file})`;
    const remedy = "nothing else may make or remove VFs meanwhile; try again";
    throw new ProvisioningError({ what, file, value: "", code: "ENOENT", remedy });
  }

  /** "" for none. */
  driver(vf: Bdf): Promise<string> {
    return linkName(this.#device(vf, "driver"));
  }

  /** "" for none. */
  async override(vf: Bdf): Promise<string> {
    const text = (await readText(this.#device(vf, "driver_override"))) ?? "";
    return text === UNSET ? "" : text;
  }

  /** @param driver the only one that may have the VF from now on; "" for any */
  async setOverride(vf: Bdf, driver: string): Promise<void> {
    await this.#set(this.#device(vf, "driver_override"), `${driver}\n`);
  }

  /** Takes the driver away, if there is one. */
  async unbind(vf: Bdf): Promise<void> {
    if ((await this.driver(vf)) !== "") await this.#set(this.#device(vf, "driver/unbind"), vf);
  }

  /**
   * Lets the kernel look for a driver, and checks what it has found: that none was is no error to it.
   * @param fits whether it is the one that was meant
   * @param wanted the driver in words, `module` what to load for it
   */
  async probe(
    vf: Bdf,
    fits: (driver: string) => boolean,
    wanted: string,
    module: string,
  ): Promise<void> {
    await this.#set(join(this.#sysfs, "bus/pci/drivers_probe"), vf);
    const driver = await this.driver(vf);
    if (fits(driver)) return;
    const file = this.#device(vf, "driver");
    const what = `${vf} has ${driver || "no driver"} after drivers_probe, not ${wanted} (${file})`;
    const remedy = `load the module of ${module}; dmesg tells when it refused the device`;
    throw new ProvisioningError({ what, file, value: vf, code: "", remedy });
  }

  #device(address: Bdf, ...path: string[]): string {
    return join(pciDevice(this.#sysfs, address), ...path);
  }

  async #set(file: string, value: string): Promise<void> {
    try {
      await this.#write(file, value);
    } catch (cause) {
      throw writeError(file, value, cause);
    }
  }
}
