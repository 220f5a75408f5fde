import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { addE1000e, addIgb, addMlx5, addRepresentor, addVirtio } from "../fixtures/fake-nics.ts";
import { FakeSysfs } from "../fixtures/fake-sysfs.ts";
import { discover } from "./discover.ts";

const find = (sysfs: FakeSysfs) => discover({ sysfs: sysfs.root, ...sysfs.readers });

async function withVfs(sysfs: FakeSysfs, pf: string, count: number): Promise<void> {
  await sysfs.write(sysfs.device(pf, "sriov_numvfs"), String(count));
}

describe("discover", () => {
  it("describes each PF, ordered by PCI address, with and without VFs", async () => {
    const sysfs = new FakeSysfs();
    const [, second = ""] = addIgb(sysfs);
    sysfs.features.set("ens1f0", ["basic", "redirect", "xsk-zerocopy"]);
    await withVfs(sysfs, second, 1);
    const [pf, other] = await find(sysfs);
    expect(pf).toEqual({
      address: "0000:01:00.0",
      ifname: "ens1f0",
      driver: "igb",
      vendor: "8086",
      device: "10c9",
      numaNode: 0,
      iommuGroup: 1,
      mac: "02:00:00:00:00:02",
      mtu: 1500,
      linkUp: true,
      totalVfs: 7,
      numVfs: 0,
      eswitchMode: "",
      xdpFeatures: ["basic", "redirect", "xsk-zerocopy"],
      vfs: [],
    });
    expect(other).toMatchObject({ address: second, numVfs: 1, xdpFeatures: null });
    expect(other?.vfs).toEqual([
      {
        address: "0000:01:10.1",
        pf: second,
        index: 0,
        driver: "igbvf",
        vendor: "8086",
        device: "10ca",
        numaNode: 0,
        iommuGroup: 3,
        ifname: "ens1f1v0",
        hasNetdev: true,
        representor: "",
        xdpFeatures: null,
      },
    ]);
  });

  it("orders VFs by number", async () => {
    const sysfs = new FakeSysfs();
    sysfs.addFunction({
      address: "0000:02:00.0",
      vendor: "8086",
      device: "1572",
      driver: "i40e",
      netdev: "ens3f0",
      totalVfs: 64,
      vf: { device: "154c", driver: "iavf", offset: 16, stride: 1 },
    });
    await withVfs(sysfs, "0000:02:00.0", 12);
    const [pf] = await find(sysfs);
    expect(pf?.vfs.map(({ index }) => index)).toEqual([...Array(12).keys()]);
  });

  it("finds the netdevs of virtio devices below these, and names the driver that binds", async () => {
    const sysfs = new FakeSysfs();
    await withVfs(sysfs, addVirtio(sysfs), 2);
    expect(await find(sysfs)).toMatchObject([
      {
        ifname: "ens9",
        driver: "virtio-pci",
        numaNode: -1,
        vfs: [
          { address: "0000:09:00.1", driver: "virtio-pci", device: "1041", ifname: "ens9v0" },
          { address: "0000:09:00.2", ifname: "ens9v1" },
        ],
      },
    ]);
  });

  it("finds the representors of a PF in switchdev mode among the ports of its switch", async () => {
    const sysfs = new FakeSysfs();
    const pf = await addMlx5(sysfs, 2);
    addRepresentor(sysfs, "0000:3b:00.1", "eth10", "pf1vf0");
    addRepresentor(sysfs, pf, "eth11", "c1pf0vf1");
    addRepresentor(sysfs, pf, "eth12", "pf0vf1", "ffff000000000000");
    addRepresentor(sysfs, pf, "eth13", "pf0sf88");
    const [first, second] = await find(sysfs);
    expect(first).toMatchObject({ ifname: "ens2f0np0", eswitchMode: "", numVfs: 2 });
    expect(first?.vfs.map(({ representor }) => representor)).toEqual(["eth0", "eth1"]);
    expect(second).toMatchObject({ ifname: "ens2f1np1", vfs: [] });
  });

  it("takes the first port of a function with two", async () => {
    const sysfs = new FakeSysfs();
    const [pf = ""] = addIgb(sysfs, { netdev: "" });
    sysfs.addNetdev("ens4d1", sysfs.device(pf), { dev_port: "1" });
    sysfs.addNetdev("ens4", sysfs.device(pf), { dev_port: "0" });
    expect((await find(sysfs))[0]?.ifname).toBe("ens4");
  });

  it("tells of VFs bound to vfio-pci and to nothing", async () => {
    const sysfs = new FakeSysfs();
    const [pf = ""] = addIgb(sysfs);
    sysfs.drivers.delete("igbvf");
    await withVfs(sysfs, pf, 2);
    sysfs.bind("0000:01:10.0", "vfio-pci");
    expect((await find(sysfs))[0]?.vfs).toMatchObject([
      { driver: "vfio-pci", ifname: "" },
      { driver: "", ifname: "" },
    ]);
  });

  it("finds a PF whose netdev is in another namespace, and one that has none", async () => {
    const sysfs = new FakeSysfs();
    addIgb(sysfs);
    sysfs.moveNetdev("ens1f0");
    sysfs.unbind("0000:01:00.1");
    expect(await find(sysfs)).toMatchObject([
      { ifname: "", driver: "igb", mac: "", mtu: 0, linkUp: false },
      { ifname: "", driver: "", totalVfs: 7 },
    ]);
  });

  it("takes no netdev for ours that sysfs shows but netlink does not, or by another number", async () => {
    const sysfs = new FakeSysfs();
    addIgb(sysfs);
    sysfs.netdevs.delete("ens1f0");
    sysfs.netdevs.set("ens1f1", 99);
    expect((await find(sysfs)).map(({ ifname }) => ifname)).toEqual(["", ""]);
  });

  it("tells a link that is down, or up without carrier, from one that is up", async () => {
    const sysfs = new FakeSysfs();
    const [first = "", second = ""] = addIgb(sysfs);
    sysfs.set(first, "net/ens1f0/flags", "0x1002");
    sysfs.set(second, "net/ens1f1/carrier", "0");
    expect((await find(sysfs)).map(({ linkUp }) => linkUp)).toEqual([false, false]);
  });

  it("knows of no IOMMU group where there is no IOMMU", async () => {
    const sysfs = new FakeSysfs();
    const [pf = ""] = addIgb(sysfs, { iommu: false });
    await withVfs(sysfs, pf, 1);
    expect(await find(sysfs)).toMatchObject([
      { iommuGroup: null, vfs: [{ iommuGroup: null }] },
      { iommuGroup: null },
    ]);
  });

  it("leaves out NICs without SR-IOV and other devices with it", async () => {
    const sysfs = new FakeSysfs();
    addE1000e(sysfs);
    const ids = { vendor: "144d", device: "a824", driver: "nvme", netdev: "" };
    sysfs.addFunction({ address: "0000:06:00.0", ...ids, class: "0x010802", totalVfs: 32 });
    expect(await find(sysfs)).toEqual([]);
  });

  it("asks netlink for nothing on a node without a NIC that can have VFs", async () => {
    const sysfs = new FakeSysfs();
    addE1000e(sysfs);
    const asked = () => Promise.reject(new Error("netlink was asked"));
    const readers = { links: asked, xdpFeatures: asked };
    expect(await discover({ sysfs: sysfs.root, ...readers })).toEqual([]);
    addIgb(sysfs);
    await expect(discover({ sysfs: sysfs.root, ...readers })).rejects.toThrow("netlink was asked");
  });

  it("leaves out a VF that has gone, or is another PF's by now, while it was read", async () => {
    const sysfs = new FakeSysfs();
    const [pf = ""] = addIgb(sysfs);
    await withVfs(sysfs, pf, 3);
    sysfs.removeFunction("0000:01:10.0");
    rmSync(sysfs.device("0000:01:10.2", "physfn"));
    expect((await find(sysfs))[0]?.vfs.map(({ index }) => index)).toEqual([2]);
  });

  it("leaves out a PF that goes while it is read", async () => {
    const sysfs = new FakeSysfs();
    const [pf = "", other] = addIgb(sysfs);
    const xdpFeatures = async () => {
      rmSync(join(sysfs.root, "devices/pci0000:00", pf), { recursive: true });
      return [];
    };
    const found = await discover({ sysfs: sysfs.root, ...sysfs.readers, xdpFeatures });
    expect(found.map(({ address }) => address)).toEqual([other]);
  });

  it("leaves out devices of which only a part could be read", async () => {
    const sysfs = new FakeSysfs();
    const [first = "", second = ""] = addIgb(sysfs);
    await withVfs(sysfs, second, 2);
    rmSync(sysfs.device(first, "vendor"));
    rmSync(sysfs.device("0000:01:10.1", "device"));
    const found = await find(sysfs);
    expect(found).toMatchObject([{ address: second, vfs: [{ address: "0000:01:10.3" }] }]);
  });

  it("finds nothing where there is no PCI bus", async () => {
    const sysfs = new FakeSysfs();
    rmSync(join(sysfs.root, "bus"), { recursive: true });
    expect(await find(sysfs)).toEqual([]);
  });

  it("does not take a sysfs that cannot be read for one without PFs", async () => {
    const sysfs = new FakeSysfs();
    const [pf = ""] = addIgb(sysfs);
    rmSync(sysfs.device(pf, "sriov_totalvfs"));
    mkdirSync(sysfs.device(pf, "sriov_totalvfs"));
    await expect(find(sysfs)).rejects.toMatchObject({ code: "EISDIR" });
  });
});
