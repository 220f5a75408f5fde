import { describe, expect, it } from "vitest";
import { ANY } from "../fixtures/functions.ts";
import { covers, isRestricted, nameSamePf } from "./overlap.ts";
import type { Selectors } from "./selectors.ts";

type Some = Partial<Selectors>;

describe("covers", () => {
  it.each<[Some, Some, boolean]>([
    [{}, {}, true],
    [{}, { vendors: ["8086"] }, true],
    [{ vendors: ["8086"] }, {}, false],
    [{ vendors: ["8086", "15b3"] }, { vendors: ["15B3"] }, true],
    [{ vendors: ["8086"] }, { vendors: ["8086", "15b3"] }, false],
    [{ vendors: ["8086"] }, { pfNames: ["ens1f0"] }, false],
    [{ vendors: ["8086"] }, { vendors: ["8086"], pfNames: ["ens1f0"] }, true],
    [{ pfNames: ["ens1f0"] }, { pfNames: ["ens1f0#0-3"] }, true],
    [{ pfNames: ["ens1f0#0-3"] }, { pfNames: ["ens1f0"] }, false],
    [{ pfNames: ["ens1f0#0-3"] }, { pfNames: ["ens1f0#4-6"] }, false],
  ])("%j covers %j: %s", (general, special, result) => {
    expect(covers({ ...ANY, ...general }, { ...ANY, ...special })).toBe(result);
  });
});

describe("nameSamePf", () => {
  it.each<[Some, Some, boolean]>([
    [{ pfNames: ["ens1f0#0-3"] }, { pfNames: ["ens1f0#4-6"] }, true],
    [{ pfNames: ["ens1f0"] }, { pfNames: ["ens1f1"] }, false],
    [{ pfNames: ["a", "b"] }, { pfNames: ["b", "c"] }, true],
    [{ pfNames: ["a"], vendors: ["8086"] }, { pfNames: ["a"], vendors: ["15b3"] }, false],
    [{ pfNames: ["a"], vendors: ["8086"] }, { pfNames: ["a"], devices: ["1572"] }, true],
    [{ pciAddresses: ["0000:AF:00.0"] }, { rootDevices: ["0000:af:00.0#1"] }, true],
    [{ pciAddresses: ["0000:01:00.0"] }, { pciAddresses: ["0000:01:00.1"] }, false],
    [{ pfNames: ["a"], drivers: ["igb"] }, { pfNames: ["a"], drivers: ["ice"] }, false],
    [{ vendors: ["8086"] }, { devices: ["1572"] }, false],
  ])("%j and %j: %s", (a, b, result) => {
    expect(nameSamePf({ ...ANY, ...a }, { ...ANY, ...b })).toBe(result);
    expect(nameSamePf({ ...ANY, ...b }, { ...ANY, ...a })).toBe(result);
  });
});

describe("isRestricted", () => {
  it("is false when no key has a value", () => {
    expect(isRestricted(ANY)).toBe(false);
    expect(isRestricted({ ...ANY, drivers: ["igb"] })).toBe(true);
  });
});
