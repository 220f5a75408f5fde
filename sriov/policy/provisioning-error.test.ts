import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { errno } from "../fixtures/fake-sysfs.ts";
import { PfFiles } from "./pf-files.ts";
import { ProvisioningError, writeError } from "./provisioning-error.ts";

const NUMVFS = "/sys/bus/pci/devices/0000:01:00.0/sriov_numvfs";

describe("writeError", () => {
  it.each([
    [NUMVFS, "EBUSY", "remove the VFs that are there"],
    [NUMVFS, "ENOENT", "load a driver for the PF that makes VFs"],
    [NUMVFS, "EROFS", "mount sysfs writable"],
    [NUMVFS, "EIO", "dmesg tells more"],
    ["/sys/bus/pci/drivers_probe", "EINVAL", "turn on the IOMMU"],
    ["/sys/bus/pci/devices/0000:01:10.0/driver_override", "EACCES", "run this as root"],
  ])("of %s with %s has the remedy: %s", (file, code, remedy) => {
    const error = writeError(file, "4", errno(code));
    expect(error).toMatchObject({ file, value: "4", code });
    expect(error.remedy).toContain(remedy);
    expect(error.message).toBe(`cannot write "4" to ${file}: ${code}; remedy: ${error.remedy}`);
  });

  it("keeps the place that it is given, and the cause", () => {
    const cause = errno("EBUSY");
    const error = writeError(NUMVFS, "4", cause).at("ens1f0").at("step 2");
    expect(error).toBeInstanceOf(ProvisioningError);
    expect(error.message).toMatch(/^step 2: ens1f0: cannot write "4" to .*: EBUSY; remedy: remove/);
    expect(error).toMatchObject({ code: "EBUSY", file: NUMVFS, cause });
  });

  it("shows a failure that is none of the system's by its message", () => {
    expect(writeError(NUMVFS, "4", new Error("no")).what).toBe(`cannot write "4" to ${NUMVFS}: no`);
  });
});

describe("a write to a real file", () => {
  it("of a PF that is not there does not blame the driver", async () => {
    const root = mkdtempSync(join(tmpdir(), "millrace-sysfs-"));
    onTestFinished(() => rmSync(root, { recursive: true }));
    const error = await new PfFiles(root, "0000:7f:00.0").setNumVfs(1).catch((one) => one);
    expect(error).toMatchObject({ code: "ENOENT", remedy: expect.stringContaining("lspci") });
    writeFileSync(join(root, "file"), "");
    await expect(new PfFiles(join(root, "file"), "x").setNumVfs(1)).rejects.toMatchObject({
      code: "ENOTDIR",
      remedy: "dmesg tells more",
    });
  });
});
