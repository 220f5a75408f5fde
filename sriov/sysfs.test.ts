import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { linkName, names, pciDevice, readNumber, readText, writeAttribute } from "./sysfs.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "millrace-sysfs-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
});

describe("reading sysfs", () => {
  it("gives texts without line end and numbers, the kernel's 0x included", async () => {
    writeFileSync(join(root, "a"), "0x8086\n");
    writeFileSync(join(root, "b"), "-1\n");
    expect(await readText(root, "a")).toBe("0x8086");
    expect([await readNumber(root, "a"), await readNumber(root, "b")]).toEqual([0x8086, -1]);
  });

  it("gives nothing for what is not there or no number", async () => {
    writeFileSync(join(root, "a"), "\n");
    writeFileSync(join(root, "b"), "(null)\n");
    expect(await readText(root, "none")).toBeNull();
    expect(await readText(root, "a/b")).toBeNull();
    expect([await readNumber(root, "a"), await readNumber(root, "b")]).toEqual([null, null]);
    expect(await linkName(root, "none")).toBe("");
    expect(await linkName(root, "a")).toBe("");
    expect(await names(root, "none")).toEqual([]);
  });

  it("names what links lead to and what directories hold, sorted", async () => {
    symlinkSync("../../bus/pci/drivers/igb", join(root, "driver"));
    mkdirSync(join(root, "b"));
    expect(await linkName(root, "driver")).toBe("igb");
    expect(await names(root)).toEqual(["b", "driver"]);
    expect(pciDevice("/sys", "0000:01:00.0")).toBe("/sys/bus/pci/devices/0000:01:00.0");
  });

  it("passes on what is no absence", async () => {
    await expect(readText(root)).rejects.toMatchObject({ code: "EISDIR" });
  });

  it("takes the answer of a real kernel that an attribute has no value for an absence", async (test) => {
    // The loopback has no speed: the file is there, and reading it fails.
    const file = "/sys/class/net/lo/speed";
    const code = errnoOf(file);
    test.skip(code === "ENOENT", "no sysfs here");
    expect(code).toBe("EINVAL");
    expect(await readText(file)).toBeNull();
  });
});

describe("writeAttribute", () => {
  it("replaces what is there", async () => {
    const file = join(root, "a");
    writeFileSync(file, "12345\n");
    await writeAttribute(file, "7");
    expect(readFileSync(file, "utf8")).toBe("7");
  });

  it("makes no file, and tells what the system said", async () => {
    await expect(writeAttribute(join(root, "none"), "1")).rejects.toMatchObject({ code: "ENOENT" });
    expect(await names(root)).toEqual([]);
    await expect(writeAttribute("/dev/full", "1")).rejects.toMatchObject({ code: "ENOSPC" });
  });
});

function errnoOf(file: string): string {
  try {
    readFileSync(file);
    return "";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? "";
  }
}
