import { randomUUID } from "node:crypto";
import { chmod, mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Bdf } from "../types.ts";
import type { PluginDevice } from "./device.ts";
import { type Resource, resourceName } from "./resource.ts";

/** Where Multus looks for what a device plugin knows of a device. */
export const DEVICE_INFO_DIR = "/var/run/k8s.cni.cncf.io/devinfo/dp";

const READ_ONLY = 0o444;
const ADDRESS = /^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/;

/** A device and its PF, "" where that is not known. */
type Described = Pick<PluginDevice, "id" | "pfAddress">;

/** A device in the words of the device information specification, version 1.1.0. */
export function deviceInfoText({ id, pfAddress }: Described): string {
  const pci = { "pci-address": id, ...(pfAddress !== "" && { "pf-pci-address": pfAddress }) };
  return JSON.stringify({ type: "pci", version: "1.1.0", pci });
}

/**
 * Writes what is known of a device where Multus looks for it. Whoever reads sees the old file or
 * the new one, never half of it.
 * @throws what the file system says; an old file stays then
 */
export async function writeDeviceInfo(path: string, device: Described): Promise<void> {
  const temporary = join(dirname(path), `.${randomUUID()}`);
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  try {
    await writeFile(temporary, deviceInfoText(device), { flag: "wx" });
    await chmod(temporary, READ_ONLY);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** The device information files of one pool. */
export class DeviceInfoFiles {
  readonly #dir: string;
  readonly #prefix: string;

  constructor(resource: Resource, dir: string = DEVICE_INFO_DIR) {
    this.#dir = dir;
    this.#prefix = `${resourceName(resource).replaceAll("/", "-")}-`;
  }

  /** Writes a file for each device, all or none. An old one gives way to the new one at once. */
  async write(devices: readonly PluginDevice[]): Promise<void> {
    const written: Bdf[] = [];
    try {
      for (const device of devices) {
        await writeDeviceInfo(this.#pathOf(device.id), device);
        written.push(device.id);
      }
    } catch (error) {
      for (const id of written) await rm(this.#pathOf(id), { force: true });
      throw error;
    }
  }

  /** Removes all files of the pool, those of an earlier agent too. */
  async removeAll(): Promise<void> {
    const names = await readdir(this.#dir).catch(notThere);
    for (const name of names) {
      if (this.#isOurs(name)) await rm(join(this.#dir, name), { force: true });
    }
  }

  #pathOf(id: Bdf): string {
    return join(this.#dir, `${this.#prefix}${id}-device.json`);
  }

  #isOurs(name: string): boolean {
    const { length } = this.#prefix;
    if (!name.startsWith(this.#prefix) || !name.endsWith("-device.json")) return false;
    return ADDRESS.test(name.slice(length, -"-device.json".length));
  }
}

function notThere(error: NodeJS.ErrnoException): string[] {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return [];
  throw error;
}
