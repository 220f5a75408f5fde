import { expect } from "vitest";
import { loadNative } from "../../../src/dataplane/native.ts";
import { ifnameOf, pfsOf } from "../fixtures/pci.ts";
import { guestScenario } from "../fixtures/scenario.ts";
import { countedVf, expectGrowth, openTotals } from "../fixtures/vf-totals.ts";
import { createVfs, namespaceWithVf } from "../fixtures/vfs.ts";

const OTHER = "10.0.0.2";

guestScenario("The totals of virtio VFs are those of their netdevs", async (scope) => {
  const [pf = ""] = pfsOf("virtio-pci");
  const [first = "", second = ""] = await createVfs(scope, pf, 2);
  const a = await namespaceWithVf(scope, "a", first, "10.0.0.1/24");
  const b = await namespaceWithVf(scope, "b", second, `${OTHER}/24`);
  const words: object[] = [];
  await expectGrowth(
    openTotals([countedVf(pf, first, 0, a), countedVf(pf, second, 1, b)], words),
    a,
    OTHER,
  );
  expect(words).toEqual([]);
  expect(await loadNative().listVfStatistics(ifnameOf(pf)), "the PF tells of no VF").toEqual([]);
  const { ifindex = 0 } = (await loadNative().findNetdev(a.path, first)) ?? {};
  const ofAnother = loadNative().netdevStatistics(a.path, ifindex, second);
  await expect(ofAnother).rejects.toMatchObject({ code: "ENODEV" });
});
