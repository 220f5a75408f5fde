import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { FakeSysfs } from "../fixtures/fake-sysfs.ts";
import { aPf, aVf } from "../fixtures/functions.ts";
import { vfioUsers } from "./vfio-users.ts";

let proc: string;
beforeEach(() => {
  proc = mkdtempSync(join(tmpdir(), "millrace-proc-"));
  onTestFinished(() => rmSync(proc, { recursive: true }));
});

function addProcess(pid: string, comm: string, ...files: string[]): void {
  mkdirSync(join(proc, pid, "fd"), { recursive: true });
  writeFileSync(join(proc, pid, "comm"), `${comm}\n`);
  files.forEach((file, fd) => {
    symlinkSync(file, join(proc, pid, "fd", String(fd)));
  });
}

const vfio = (index: number, iommuGroup: number | null) =>
  aVf(index, { driver: "vfio-pci", ifname: "", iommuGroup });

describe("vfioUsers", () => {
  it("finds who has opened the group of a VF, and of others in the same group", async () => {
    addProcess("77", "qemu-system-x86", "/dev/null", "/dev/vfio/vfio", "/dev/vfio/12");
    addProcess("78", "bash", "/dev/pts/0", "socket:[12]", "/dev/vfio/1");
    const pf = aPf({ vfs: [vfio(0, 12), vfio(1, 12), vfio(2, 13), vfio(3, null)] });
    expect(await vfioUsers([pf], { sysfs: "/nowhere", proc })).toEqual(
      new Map([
        ["0000:01:10.0", "process 77 (qemu-system-x86) by VFIO"],
        ["0000:01:10.2", "process 77 (qemu-system-x86) by VFIO"],
      ]),
    );
  });

  it("finds who has opened the device itself", async () => {
    const sysfs = new FakeSysfs();
    mkdirSync(sysfs.device("0000:01:10.2", "vfio-dev/vfio5"), { recursive: true });
    addProcess("9", "dpdk", "/dev/vfio/devices/vfio5");
    const pf = aPf({ vfs: [vfio(0, 12), vfio(1, 13)] });
    expect([...(await vfioUsers([pf], { sysfs: sysfs.root, proc })).keys()]).toEqual([
      "0000:01:10.2",
    ]);
  });

  it("passes over processes that end meanwhile, and what is no process", async () => {
    mkdirSync(join(proc, "80"));
    mkdirSync(join(proc, "sys"));
    expect(await vfioUsers([aPf({ vfs: [vfio(0, 1)] })], { proc })).toEqual(new Map());
  });

  it("does not look when no VF is bound to vfio-pci", async () => {
    // No path at all: reading it would throw.
    expect(await vfioUsers([aPf({ vfs: [aVf(0)] })], { proc: "\0" })).toEqual(new Map());
  });
});
