import { describe, expect, it } from "vitest";
import type { SriovPolicy } from "../../src/config/schema.ts";
import { ANY, aPf, aVf } from "../fixtures/functions.ts";
import type { PhysicalFunction } from "../types.ts";
import { planProvisioning } from "./plan.ts";
import type { ProvisioningFacts } from "./plan-types.ts";

const NONE: ProvisioningFacts = { owners: new Map(), defaultRoute: new Set() };

function aPolicy(changes: Partial<SriovPolicy> = {}): SriovPolicy {
  const selectors = { ...ANY, vendors: ["8086"] };
  return { name: "fast", selectors, allowDefaultRoute: false, ...changes };
}

const vfs = (count: number, driver = "igbvf") =>
  [...Array(count).keys()].map((index) =>
    aVf(index, { driver, ifname: driver === "igbvf" ? `ens1f0v${index}` : "" }),
  );

const plan = (
  pf: PhysicalFunction,
  policy: Partial<SriovPolicy>,
  facts: Partial<ProvisioningFacts> = {},
) => planProvisioning([pf], [aPolicy(policy)], { ...NONE, ...facts });

const stepsOf = (pf: PhysicalFunction, policy: Partial<SriovPolicy>) =>
  plan(pf, policy).changes[0]?.steps;

function refusalOf(
  pf: PhysicalFunction,
  policy: Partial<SriovPolicy>,
  facts: Partial<ProvisioningFacts> = {},
) {
  const { changes, refusals } = plan(pf, policy, facts);
  expect(changes).toEqual([]);
  return refusals[0];
}

const bind = (vf: number, to: string, from = "") => ({ kind: "bind", vf, from, to });

describe("planProvisioning", () => {
  it("makes VFs and binds each to the kernel's driver, or that of the policy", () => {
    expect(plan(aPf(), { numVfs: 2 })).toEqual({
      changes: [
        {
          pf: "0000:01:00.0",
          ifname: "ens1f0",
          policy: "fast",
          steps: [{ kind: "numVfs", from: 0, to: 2 }, bind(0, "kernel"), bind(1, "kernel")],
        },
      ],
      refusals: [],
      unmatched: [],
    });
    expect(stepsOf(aPf(), { numVfs: 1, driver: "vfio-pci" })).toEqual([
      { kind: "numVfs", from: 0, to: 1 },
      bind(0, "vfio-pci"),
    ]);
  });

  it("gives the driver of the policy to the VFs that it names, and the kernel's to others", () => {
    const selectors = { ...ANY, pfNames: ["ens1f0#1-2"] };
    expect(stepsOf(aPf(), { selectors, numVfs: 4, driver: "vfio-pci" })?.slice(1)).toEqual([
      bind(0, "kernel"),
      bind(1, "vfio-pci"),
      bind(2, "vfio-pci"),
      bind(3, "kernel"),
    ]);
    expect(stepsOf(aPf({ vfs: vfs(4) }), { selectors, driver: "vfio-pci" })).toEqual([
      bind(1, "vfio-pci", "igbvf"),
      bind(2, "vfio-pci", "igbvf"),
    ]);
  });

  it("removes all VFs before it makes another number of them", () => {
    expect(stepsOf(aPf({ vfs: vfs(3) }), { numVfs: 1 })).toEqual([
      { kind: "numVfs", from: 3, to: 0 },
      { kind: "numVfs", from: 0, to: 1 },
      bind(0, "kernel"),
    ]);
    expect(stepsOf(aPf({ vfs: vfs(3) }), { numVfs: 0 })).toEqual([
      { kind: "numVfs", from: 3, to: 0 },
    ]);
  });

  it("binds only the VFs that have another driver or none", () => {
    const pf = aPf({ vfs: [...vfs(2), aVf(2, { driver: "", ifname: "" })] });
    expect(stepsOf(pf, { driver: "kernel", numVfs: 3 })).toEqual([bind(2, "kernel")]);
    expect(stepsOf(aPf({ vfs: vfs(1, "igb_uio") }), { driver: "kernel" })).toEqual([
      bind(0, "kernel", "igb_uio"),
    ]);
    expect(stepsOf(aPf({ vfs: vfs(1, "igb_uio") }), { driver: "vfio-pci" })).toEqual([
      bind(0, "vfio-pci", "igb_uio"),
    ]);
  });

  it.each<[string, PhysicalFunction, Partial<SriovPolicy>]>([
    ["the number is right", aPf({ vfs: vfs(3) }), { numVfs: 3 }],
    ["the drivers are right", aPf({ vfs: vfs(3) }), { numVfs: 3, driver: "kernel" }],
    ["vfio-pci has them", aPf({ vfs: vfs(2, "vfio-pci") }), { driver: "vfio-pci" }],
    ["no driver is asked for", aPf({ vfs: vfs(2, "vfio-pci") }), { numVfs: 2 }],
    ["there are no VFs to bind", aPf(), { driver: "vfio-pci" }],
  ])("plans nothing when %s, whoever uses what", (_, pf, policy) => {
    const owners = new Map([["0000:01:10.0", "pod a"]]);
    const facts = { owners, defaultRoute: new Set(["ens1f0"]) };
    expect(plan(pf, policy, facts)).toEqual({ changes: [], refusals: [], unmatched: [] });
  });

  it("leaves PFs alone that no policy selects, and names policies that select none", () => {
    const other = aPf({ vendor: "15b3", address: "0000:3b:00.0" });
    expect(plan(other, { numVfs: 2 })).toEqual({ changes: [], refusals: [], unmatched: ["fast"] });
  });

  it("plans for each PF by itself", () => {
    const pfs = [aPf(), aPf({ address: "0000:01:00.1", ifname: "ens1f1", totalVfs: 1 })];
    const { changes, refusals } = planProvisioning(pfs, [aPolicy({ numVfs: 2 })], NONE);
    expect(changes.map(({ pf }) => pf)).toEqual(["0000:01:00.0"]);
    expect(refusals.map(({ pf }) => pf)).toEqual(["0000:01:00.1"]);
  });
});

describe("planProvisioning refuses", () => {
  it("two policies on one PF, even when there is nothing to do", () => {
    const policies = [aPolicy({ numVfs: 0 }), aPolicy({ name: "slow", numVfs: 0 })];
    expect(planProvisioning([aPf()], policies, NONE)).toEqual({
      changes: [],
      refusals: [
        {
          pf: "0000:01:00.0",
          ifname: "ens1f0",
          policies: ["fast", "slow"],
          reason: "policies fast and slow select this PF",
          remedy: "narrow the selectors, so that one policy is left",
        },
      ],
      unmatched: [],
    });
  });

  it("more VFs than the device offers", () => {
    expect(refusalOf(aPf(), { numVfs: 8 })).toMatchObject({
      policies: ["fast"],
      reason: "numVfs 8 is above 7, which is all that the device offers",
      remedy: expect.stringContaining("numVfs up to 7"),
    });
  });

  it("a PF that carries a default route, unless the policy allows it", () => {
    const facts = { defaultRoute: new Set(["ens1f0"]) };
    expect(refusalOf(aPf(), { numVfs: 1 }, facts)).toMatchObject({
      reason: expect.stringContaining("a default route of the node leaves by ens1f0"),
      remedy: "allowDefaultRoute: true in policy fast, or another PF",
    });
    const allowed = plan(aPf(), { numVfs: 1, allowDefaultRoute: true }, facts);
    expect(allowed.changes).toHaveLength(1);
  });

  it("to remove VFs of which somebody has one", () => {
    const owners = new Map([["0000:01:10.2", "pod shop/cart-0"]]);
    const refusal = refusalOf(aPf({ vfs: vfs(3) }), { numVfs: 4 }, { owners });
    expect(refusal?.reason).toBe(
      "VF 1 (0000:01:10.2) belongs to pod shop/cart-0; what the policy asks for means removing all" +
        " VFs first",
    );
    expect(refusal?.remedy).toContain("give these VFs back first");
  });

  it("to remove VFs of which one is in another namespace or carries a default route", () => {
    const away = aPf({ vfs: [aVf(0), aVf(1, { ifname: "" })] });
    expect(refusalOf(away, { numVfs: 0 })?.reason).toContain(
      "VF 1 (0000:01:10.2) has its netdev in another network namespace;",
    );
    const facts = { defaultRoute: new Set(["ens1f0v0"]) };
    const reason = refusalOf(aPf({ vfs: vfs(1) }), { numVfs: 0, allowDefaultRoute: true }, facts);
    expect(reason?.reason).toContain("VF 0 (0000:01:10.0) carries a default route of the node by");
  });

  it("another driver for a VF that somebody has, but not for one next to it", () => {
    const owners = new Map([["0000:01:10.0", "pod a"]]);
    const refusal = refusalOf(aPf({ vfs: vfs(2) }), { driver: "vfio-pci" }, { owners });
    expect(refusal?.reason).toContain("belongs to pod a; what the policy asks for means binding");
    const unbound = aPf({ vfs: [aVf(0), aVf(1, { driver: "", ifname: "" })] });
    expect(plan(unbound, { driver: "kernel" }, { owners }).changes[0]?.steps).toEqual([
      bind(1, "kernel"),
    ]);
  });

  it("to change a PF that somebody has itself", () => {
    const owners = new Map([["0000:01:00.0", "network blue as uplink"]]);
    expect(refusalOf(aPf(), { numVfs: 1 }, { owners })?.reason).toBe(
      "the PF itself belongs to network blue as uplink, and making or removing VFs can reset it",
    );
    expect(refusalOf(aPf({ ifname: "" }), { numVfs: 1 })?.reason).toContain(
      "the PF itself has its netdev in another network namespace",
    );
    const driver = plan(aPf({ vfs: vfs(1) }), { driver: "vfio-pci" }, { owners });
    expect(driver.changes).toHaveLength(1);
  });

  it("to make VFs of a PF without driver, but not of one with the stub", () => {
    expect(refusalOf(aPf({ driver: "", ifname: "" }), { numVfs: 1 })).toMatchObject({
      reason: expect.stringContaining("no driver is bound to the PF"),
      remedy: "load the module of its driver",
    });
    const stub = aPf({ driver: "pci-pf-stub", ifname: "" });
    expect(plan(stub, { numVfs: 1 }).changes).toHaveLength(1);
  });

  it("vfio-pci where there is no IOMMU", () => {
    const policy = { driver: "vfio-pci" } as const;
    const reason = "vfio-pci needs an IOMMU, and this device is behind none";
    const fresh = refusalOf(aPf({ iommuGroup: null }), { ...policy, numVfs: 1 });
    expect(fresh).toMatchObject({ reason, remedy: expect.stringContaining("intel_iommu=on") });
    const existing = aPf({ vfs: [aVf(0, { iommuGroup: null })] });
    expect(refusalOf(existing, policy)).toMatchObject({ reason });
    expect(plan(aPf({ iommuGroup: null }), { numVfs: 1 }).changes).toHaveLength(1);
  });
});
