import { describe, expect, it } from "vitest";
import { ANY, aPf, aVf } from "../fixtures/functions.ts";
import { assignVfs, type Selectors, selectsIndex, selectsPf, selectsVf } from "./selectors.ts";

const pf = aPf({ vfs: [0, 1, 2, 3].map((index) => aVf(index)) });
const vf = aVf(1);

describe("selectsPf", () => {
  it.each<[Partial<Selectors>, boolean]>([
    [{}, true],
    [{ vendors: ["15b3", "8086"] }, true],
    [{ vendors: ["15b3"] }, false],
    [{ devices: ["10C9"] }, true],
    [{ devices: ["10ca"] }, false],
    [{ drivers: ["igb"] }, true],
    [{ drivers: ["IGB"] }, false],
    [{ pfNames: ["ens1f1", "ens1f0"] }, true],
    [{ pfNames: ["ens1f0#0-3"] }, true],
    [{ pfNames: ["ens1f"] }, false],
    [{ pfNames: ["ENS1F0"] }, false],
    [{ pciAddresses: ["0000:01:00.0"] }, true],
    [{ pciAddresses: ["0000:01:10.0"] }, false],
    [{ rootDevices: ["0000:01:00.0#1"] }, true],
    [{ rootDevices: ["0000:01:00.1"] }, false],
    [{ vendors: ["8086"], pfNames: ["ens1f1"] }, false],
  ])("%j of an 82576: %s", (selectors, selected) => {
    expect(selectsPf({ ...ANY, ...selectors }, pf)).toBe(selected);
  });

  it("does not care for the case of addresses", () => {
    const other = aPf({ address: "0000:af:00.0" });
    expect(selectsPf({ ...ANY, pciAddresses: ["0000:AF:00.0"] }, other)).toBe(true);
    expect(selectsPf({ ...ANY, rootDevices: ["0000:AF:00.0#1"] }, other)).toBe(true);
  });

  it("does not select a PF without netdev by name", () => {
    expect(selectsPf({ ...ANY, pfNames: ["ens1f0"] }, aPf({ ifname: "" }))).toBe(false);
  });
});

describe("selectsVf", () => {
  it.each<[Partial<Selectors>, boolean]>([
    [{}, true],
    [{ devices: ["10ca"] }, true],
    [{ devices: ["10c9"] }, false],
    [{ drivers: ["igbvf"] }, true],
    [{ pciAddresses: ["0000:01:10.2"] }, true],
    [{ pciAddresses: ["0000:01:00.0"] }, false],
    [{ pfNames: ["ens1f0"] }, true],
    [{ pfNames: ["ens1f0#0-3,5"] }, true],
    [{ pfNames: ["ens1f0#0,2"] }, false],
    [{ pfNames: ["ens1f0#0", "ens1f0#1"] }, true],
    [{ rootDevices: ["0000:01:00.0#1"] }, true],
    [{ rootDevices: ["0000:01:00.0#2-6"] }, false],
    [{ pfNames: ["ens1f0"], rootDevices: ["0000:01:00.0#0"] }, false],
  ])("%j of VF 1: %s", (selectors, selected) => {
    expect(selectsVf({ ...ANY, ...selectors }, pf, vf)).toBe(selected);
  });
});

describe("selectsIndex", () => {
  it("tells which VFs of a PF are named", () => {
    const selectors = { ...ANY, vendors: ["8086"], pfNames: ["ens1f0#1-2"] };
    expect([0, 1, 2, 3].filter((index) => selectsIndex(selectors, pf, index))).toEqual([1, 2]);
  });
});

describe("assignVfs", () => {
  it("gives each VF to the first pool that selects it", () => {
    const first = { selectors: { ...ANY, pfNames: ["ens1f0#0-1"] } };
    const rest = { selectors: { ...ANY, drivers: ["igbvf"] } };
    const none = { selectors: { ...ANY, drivers: ["vfio-pci"] } };
    const unbound = aPf({ vfs: [...pf.vfs.slice(0, 3), aVf(3, { driver: "" })] });
    const indexes = [...assignVfs([first, rest, none], [unbound])].map(([, vfs]) =>
      vfs.map(({ index }) => index),
    );
    expect(indexes).toEqual([[0, 1], [2], []]);
  });
});
