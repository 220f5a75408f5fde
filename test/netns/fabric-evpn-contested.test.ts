import { expect } from "vitest";
import {
  BRIDGE,
  DEVICE,
  evpnScenario,
  fdbOf,
  HOST,
  hostSpeaks,
  LIMIT_MS,
  openEvpnLab,
  ownNode,
  startEvpnRouter,
  VTEP_A,
} from "../fixtures/evpn.ts";
import { startDriver } from "../fixtures/evpn-driver.ts";
import { waitFor } from "../fixtures/wait.ts";

const TWIN = { mac: HOST.mac, addresses: [] };

evpnScenario("a MAC address that two nodes have is not fought for", async (scope) => {
  const lab = await openEvpnLab(scope);
  await startEvpnRouter(scope, lab.a);
  await startEvpnRouter(scope, lab.b);
  await hostSpeaks(lab);
  const fdbA = () => fdbOf(lab.a);
  await waitFor("the station of b", fdbA, (fdb) => fdb.includes(HOST.mac), LIMIT_MS);

  // It was here all the time, as far as we know: the other one stays.
  const driver = startDriver(scope, lab.a.namespace, [DEVICE], ownNode(TWIN));
  const rejected = () => driver.status()?.rejected.map(({ key }) => key) ?? [];
  await waitFor("a complaint", rejected, (keys) => keys.includes(`${DEVICE} ${HOST.mac}`));
  expect(await fdbA()).toContain(HOST.mac);

  // It comes anew: it has moved here (RFC 7432 15), and b is told so.
  driver.publish(ownNode());
  await waitFor("no complaint", rejected, (keys) => keys.length === 0);
  driver.publish(ownNode(TWIN));
  const moved = (fdb: string) => fdb.includes(`${HOST.mac} dst ${VTEP_A}`);
  await waitFor("it has moved", () => fdbOf(lab.b), moved, LIMIT_MS);

  // The station speaks at b: it has moved back, and we do not take it away again.
  await hostSpeaks(lab);
  await waitFor("a complaint again", rejected, (keys) => keys.length === 1, LIMIT_MS);
  const bridge = await lab.a.namespace.must("bridge", ["fdb", "show", "br", BRIDGE]);
  expect(bridge).toMatch(new RegExp(`^${HOST.mac} dev ${DEVICE} .*master`, "m"));
});
