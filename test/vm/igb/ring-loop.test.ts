import { expect } from "vitest";
import { ifnameOf, pfsOf } from "../fixtures/pci.ts";
import { bindUplink, startRingLoop } from "../fixtures/ring-loop.ts";
import { guestScenario } from "../fixtures/scenario.ts";
import { createVfs } from "../fixtures/vfs.ts";

guestScenario("An igb PF is bound zero-copy, and its VF in words without", async (scope) => {
  const [pf = ""] = pfsOf("igb");
  const [vf = ""] = await createVfs(scope, pf, 1, { macs: ["52:54:0a:00:00:01"] });
  const dataplane = await startRingLoop(scope);
  expect(await bindUplink(dataplane, ifnameOf(pf))).toMatchObject({
    mode: "zero-copy",
    refused: [],
  });
  const info = await bindUplink(dataplane, ifnameOf(vf));
  expect(info.mode).toBe("generic");
  expect(info.refused).toEqual([
    expect.stringMatching(/^zero-copy: .*not supported/i),
    expect.stringMatching(/^copy: .*not supported/i),
  ]);
});
