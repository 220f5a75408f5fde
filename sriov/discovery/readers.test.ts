import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { addIgb, addVirtio } from "../fixtures/fake-nics.ts";
import { FakeSysfs } from "../fixtures/fake-sysfs.ts";
import { sysfsReaders } from "./readers.ts";

describe("sysfsReaders", () => {
  it("tells of links what netlink does, and nothing of XDP", async () => {
    const sysfs = new FakeSysfs();
    const [pf = ""] = addIgb(sysfs);
    addVirtio(sysfs);
    sysfs.set(pf, "net/ens1f0/flags", "0x1002");
    const readers = sysfsReaders(sysfs.root);
    expect(await readers.links()).toEqual(await sysfs.readers.links());
    expect((await readers.links()).map(({ up }) => up)).toEqual([false, true, true]);
    expect(await readers.xdpFeatures()).toEqual([]);
  });

  it("leaves out a link that has gone, and finds none where there is no sysfs", async () => {
    const sysfs = new FakeSysfs();
    addIgb(sysfs);
    rmSync(join(sysfs.root, "class/net/ens1f0/ifindex"));
    const links = await sysfsReaders(sysfs.root).links();
    expect(links.map(({ name }) => name)).toEqual(["ens1f1"]);
    expect(await sysfsReaders("/nowhere").links()).toEqual([]);
  });
});
