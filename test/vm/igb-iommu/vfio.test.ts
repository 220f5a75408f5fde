import { existsSync } from "node:fs";
import { expect } from "vitest";
import type { Bdf } from "../../../sriov/types.ts";
import { waitFor } from "../../fixtures/wait.ts";
import { driverOf, ifnamesOf, iommuGroupOf, pfsOf, probe, writeDevice } from "../fixtures/pci.ts";
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
  await bind(vf, "vfio-pci");
  expect([driverOf(vf), ifnamesOf(vf)]).toEqual(["vfio-pci", []]);
  expect(existsSync(`/dev/vfio/${iommuGroupOf(vf)}`)).toBe(true);
  await bind(vf, "");
  expect(driverOf(vf)).toBe("igbvf");
  await waitFor(
    "the netdev",
    () => ifnamesOf(vf),
    (names) => names.length === 1,
    20_000,
  );
});

/** @param override the only driver that may be bound; "" for any */
async function bind(vf: Bdf, override: string): Promise<void> {
  await writeDevice(vf, "driver_override", `${override}\n`);
  await writeDevice(vf, "driver/unbind", vf);
  await probe(vf);
}
