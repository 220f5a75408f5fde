import { describe, expect, it } from "vitest";
import { formatPlan } from "./format-plan.ts";
import type { PlanStep } from "./plan-types.ts";

const bind = (vf: number, to: "kernel" | "vfio-pci", from = ""): PlanStep => ({
  kind: "bind",
  vf,
  from,
  to,
});

describe("formatPlan", () => {
  it("numbers the steps of each PF and puts VFs in a row on one line", () => {
    const steps: PlanStep[] = [
      { kind: "numVfs", from: 1, to: 0 },
      { kind: "numVfs", from: 0, to: 6 },
      ...[0, 1, 2].map((vf) => bind(vf, "kernel")),
      bind(3, "vfio-pci"),
      bind(5, "vfio-pci"),
    ];
    const change = { pf: "0000:01:00.0", ifname: "ens1f0", policy: "fast", steps };
    const other = {
      pf: "0000:3b:00.0",
      ifname: "",
      policy: "user",
      steps: [bind(0, "vfio-pci", "mlx5_core"), bind(1, "vfio-pci", "uio_pci_generic")],
    };
    expect(formatPlan({ changes: [change, other], refusals: [], unmatched: [] })).toBe(
      [
        "ens1f0 (0000:01:00.0), policy fast:",
        "  1. remove the VF",
        "  2. make 6 VFs",
        "  3. bind VFs 0-2 to the driver of the kernel",
        "  4. bind VF 3 to vfio-pci",
        "  5. bind VF 5 to vfio-pci",
        "0000:3b:00.0, policy user:",
        "  1. bind VF 0 to vfio-pci, now mlx5_core",
        "  2. bind VF 1 to vfio-pci, now uio_pci_generic",
      ].join("\n"),
    );
  });

  it("says why PFs are left as they are, and which policies wait for one", () => {
    const refusals = [
      {
        pf: "0000:01:00.0",
        ifname: "ens1f0",
        policies: ["fast"],
        reason: "VF 1 belongs to pod a",
        remedy: "give it back",
      },
      { pf: "0000:3b:00.0", ifname: "", policies: ["a", "b"], reason: "two", remedy: "one" },
    ];
    expect(formatPlan({ changes: [], refusals, unmatched: ["slow"] })).toBe(
      [
        "ens1f0 (0000:01:00.0), policy fast: left as it is: VF 1 belongs to pod a; remedy: give it back",
        "0000:3b:00.0, policies a, b: left as it is: two; remedy: one",
        "policy slow: selects no PF of this node",
        "nothing to change",
      ].join("\n"),
    );
  });
});
