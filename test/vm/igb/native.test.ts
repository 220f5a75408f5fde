import { expect } from "vitest";
import { loadNative } from "../../../src/dataplane/native.ts";
import { ifnameOf, pfsOf } from "../fixtures/pci.ts";
import { guestScenario } from "../fixtures/scenario.ts";
import { createVfs } from "../fixtures/vfs.ts";

guestScenario("The addon loads on the guest's processor and may open AF_XDP", async () => {
  const facts = loadNative().probeHost();
  console.log(JSON.stringify(facts));
  expect(Number(facts.kernel.split(".")[0])).toBeGreaterThanOrEqual(7);
  expect(facts).toMatchObject({ afXdp: { ok: true, reason: "" }, txMetadata: true });
});

guestScenario("An igb PF says that it has zero-copy, its VFs have no XDP at all", async (scope) => {
  const [pf = ""] = pfsOf("igb");
  const [vf = ""] = await createVfs(scope, pf, 1);
  const netdevs = await loadNative().netdevFeatures();
  const featuresOf = (address: string) =>
    netdevs.find(({ name }) => name === ifnameOf(address))?.features;
  expect(featuresOf(pf)).toEqual(expect.arrayContaining(["basic", "redirect", "xsk-zerocopy"]));
  expect(featuresOf(vf)).toEqual([]);
});
