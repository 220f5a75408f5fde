import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findPhysicalFunctions } from "./physical-functions.ts";

describe("findPhysicalFunctions", () => {
  let sysfs: string;
  beforeEach(async () => {
    sysfs = await mkdtemp(join(tmpdir(), "mr-sysfs-"));
    await mkdir(join(sysfs, "class/net"), { recursive: true });
  });
  afterEach(() => rm(sysfs, { recursive: true }));

  async function addDevice(path: string, files: Record<string, string>): Promise<string> {
    const device = join(sysfs, "devices", path);
    await mkdir(device, { recursive: true });
    for (const [name, text] of Object.entries(files)) await writeFile(join(device, name), text);
    return device;
  }

  async function addNetdev(ifname: string, device: string): Promise<void> {
    await mkdir(join(sysfs, "class/net", ifname));
    await symlink(device, join(sysfs, "class/net", ifname, "device"));
  }

  it("describes each device that offers virtual functions, ordered by PCI address", async () => {
    const files = { sriov_totalvfs: "7\n", sriov_numvfs: "2\n", numa_node: "1\n" };
    const second = await addDevice("pci0000:00/0000:02:00.0", files);
    await symlink("../../../bus/pci/drivers/igb", join(second, "driver"));
    await addNetdev("eth1", second);
    await addNetdev("eth0", await addDevice("pci0000:00/0000:01:00.0", { sriov_totalvfs: "64\n" }));
    expect(await findPhysicalFunctions(sysfs)).toEqual([
      {
        ifname: "eth0",
        address: "0000:01:00.0",
        driver: "",
        numaNode: -1,
        totalVfs: 64,
        numVfs: 0,
      },
      {
        ifname: "eth1",
        address: "0000:02:00.0",
        driver: "igb",
        numaNode: 1,
        totalVfs: 7,
        numVfs: 2,
      },
    ]);
  });

  it("finds the PCI device above a virtio device", async () => {
    await addDevice("pci0000:00/0000:09:00.0", { sriov_totalvfs: "3\n", sriov_numvfs: "3\n" });
    await addNetdev("eth0", await addDevice("pci0000:00/0000:09:00.0/virtio2", {}));
    expect(await findPhysicalFunctions(sysfs)).toMatchObject([
      { ifname: "eth0", address: "0000:09:00.0", totalVfs: 3, numVfs: 3 },
    ]);
  });

  it("leaves out devices without virtual functions and links without a device", async () => {
    await addNetdev("eth0", await addDevice("pci0000:00/0000:01:00.0", {}));
    await mkdir(join(sysfs, "class/net/lo"));
    expect(await findPhysicalFunctions(sysfs)).toEqual([]);
  });

  it("finds nothing where there is no sysfs", async () => {
    expect(await findPhysicalFunctions(join(sysfs, "missing"))).toEqual([]);
  });
});
