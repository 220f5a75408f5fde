import { existsSync } from "node:fs";
import { expect } from "vitest";
import { waitFor } from "../../fixtures/wait.ts";
import { bindTo, driverOf, ifnamesOf, iommuGroupOf, pfsOf } from "../fixtures/pci.ts";
import { guestScenario } from "../fixtures/scenario.ts";
import { createVfs } from "../fixtures/vfs.ts";

guestScenario("Behind the IOMMU each VF is in a group of its own", async (scope) => {
  const [pf = ""] = pfsOf("igb");
  const groups = (await createVfs(scope, pf, 3)).map(iommuGroupOf);
  expect(groups).not.toContain("");
  expect(new Set([...groups, iommuGroupOf(pf)]).size).toBe(4);
});

guestScenario("A VF changes to vfio-pci and back to a netdev", async (scope) => {
  const [pf = ""] = pfsOf("igb");
  const [vf = ""] = await createVfs(scope, pf, 1);
  await bindTo(vf, "vfio-pci");
  expect([driverOf(vf), ifnamesOf(vf)]).toEqual(["vfio-pci", []]);
  expect(existsSync(`/dev/vfio/${iommuGroupOf(vf)}`)).toBe(true);
  await bindTo(vf, "");
  expect(driverOf(vf)).toBe("igbvf");
  await waitFor(
    "the netdev",
    () => ifnamesOf(vf),
    (names) => names.length === 1,
    20_000,
  );
});
