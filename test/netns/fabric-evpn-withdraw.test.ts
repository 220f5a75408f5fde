import { expect } from "vitest";
import {
  evpnScenario,
  fdbOf,
  HOST,
  hostSpeaks,
  LIMIT_MS,
  openEvpnLab,
  ownNode,
  startEvpnRouter,
  VNI,
  VTEP_B,
} from "../fixtures/evpn.ts";
import { startDriver } from "../fixtures/evpn-driver.ts";
import { waitFor } from "../fixtures/wait.ts";

const POD = { mac: "02:00:00:00:0a:01", addresses: [] };

evpnScenario("a node goes when its FRR dies and comes again with it", async (scope) => {
  const lab = await openEvpnLab(scope);
  await startEvpnRouter(scope, lab.a);
  const routerB = await startEvpnRouter(scope, lab.b);
  const driver = startDriver(scope, lab.a.namespace, [`vxlan${VNI}`], ownNode(POD));
  const macs = () =>
    driver.nodes.get(VTEP_B)?.networks.flatMap(({ endpoints }) => endpoints.map(({ mac }) => mac));
  const isThere = (all: string[] | undefined) => all?.includes(HOST.mac) ?? false;
  await hostSpeaks(lab);
  await waitFor("b with its station", macs, isThere, LIMIT_MS);

  const killedAt = performance.now();
  await routerB.kill();
  await waitFor(
    "b gone",
    () => driver.nodes.size,
    (count) => count === 0,
    LIMIT_MS,
  );
  const goneMs = Math.round(performance.now() - killedAt);
  expect(await fdbOf(lab.a)).not.toContain(VTEP_B);
  expect(driver.told.at(-1)).toBe(`-${VTEP_B}`);

  const restartedAt = performance.now();
  await routerB.start();
  await hostSpeaks(lab);
  await waitFor("b again, with its station", macs, isThere, LIMIT_MS);
  const backMs = Math.round(performance.now() - restartedAt);
  const ours = (fdb: string) => fdb.includes(POD.mac);
  await waitFor("our pod on b again", () => fdbOf(lab.b), ours, LIMIT_MS);
  console.log(`gone ${goneMs} ms after kill -9 of FRR, back ${backMs} ms after its start`);
});
