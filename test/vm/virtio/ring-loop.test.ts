import { expect } from "vitest";
import { ifnameOf, pfsOf } from "../fixtures/pci.ts";
import { bindUplink, startRingLoop } from "../fixtures/ring-loop.ts";
import { guestScenario } from "../fixtures/scenario.ts";
import { createVfs } from "../fixtures/vfs.ts";

guestScenario("Virtio VFs are bound zero-copy", async (scope) => {
  const [pf = ""] = pfsOf("virtio-pci");
  const vfs = await createVfs(scope, pf, 2);
  const dataplane = await startRingLoop(scope);
  for (const vf of vfs) {
    const info = await bindUplink(dataplane, ifnameOf(vf));
    expect(info).toMatchObject({ mode: "zero-copy", refused: [] });
  }
});
