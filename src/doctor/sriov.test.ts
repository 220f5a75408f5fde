import { describe, expect, it } from "vitest";
import { addIgb } from "../../sriov/fixtures/fake-nics.ts";
import { FakeSysfs } from "../../sriov/fixtures/fake-sysfs.ts";
import { fixtureHost, fixtureNative } from "./fixture.ts";
import { checkSriov } from "./sriov.ts";

/** A machine with two PFs: one with a VF, one whose netdev is in another namespace. */
async function machine() {
  const sysfs = new FakeSysfs();
  const [first = ""] = addIgb(sysfs);
  await sysfs.write(sysfs.device(first, "sriov_numvfs"), "1");
  sysfs.moveNetdev("ens1f1");
  sysfs.set("0000:01:00.1", "numa_node", "-1");
  return { sysfs, host: { ...fixtureHost(), sys: sysfs.root } };
}

const EXPECTED = [
  "ens1f0 (0000:01:00.0, igb, NUMA node 0): 1 of 7 VFs",
  "1 VF(s) of ens1f0 under igbvf: usually generic XDP only",
  "no netdev here (0000:01:00.1, igb): 0 of 7 VFs",
];

describe("checkSriov", () => {
  it("names each PF with its driver, NUMA node and VFs", async () => {
    const { host, sysfs } = await machine();
    const links = await sysfs.readers.links();
    const listLinks = async () =>
      links.map((link) => ({ ...link, alias: "", kind: "", xdpProgram: 0 }));
    const findings = await checkSriov({ ...host, native: fixtureNative({ listLinks }) });
    expect(findings.map(({ text }) => text)).toEqual(EXPECTED);
  });

  it("does so without the addon", async () => {
    const { host } = await machine();
    const findings = await checkSriov({ ...host, native: null });
    expect(findings.map(({ text }) => text)).toEqual(EXPECTED);
  });

  it("says that no VFs are needed where there are none", async () => {
    expect(await checkSriov(fixtureHost())).toMatchObject([
      { status: "ok", text: expect.stringContaining("veths need none") },
    ]);
  });
});
