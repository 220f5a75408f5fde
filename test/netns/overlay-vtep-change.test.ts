import { expect } from "vitest";
import { addThreeNodes, mustReachEachOther } from "../fixtures/overlay.ts";
import { overlayScenario } from "../fixtures/overlay-scenario.ts";
import {
  NOTHING,
  printConvergence,
  shownOf,
  untilKnown,
  wholeOf,
} from "../fixtures/overlay-view.ts";
import { expectNothingLost, startTraffic } from "../fixtures/overlay-watch.ts";

const LIMIT_MS = 10_000;
const TRAFFIC_S = 4;
const NEW = "10.99.0.22";

const TITLE = "Others follow a node whose VTEP has another address, and the old peer is gone";

overlayScenario(TITLE, {}, async (overlay) => {
  const { n1, n2, n3, on1, on2, on3 } = await addThreeNodes(overlay);
  const whole = wholeOf(n2, on2.lan.mac);
  for (const node of [n1, n3]) await untilKnown(node, n2.vtep, whole, LIMIT_MS);
  await untilKnown(n1, n3.vtep, wholeOf(n3, on3.lan.mac), LIMIT_MS);
  await mustReachEachOther(on1.blue, on2.blue);
  await mustReachEachOther(on1.lan, on2.lan);

  const ways = [[on1.blue, on3.blue.ip4] as const, [on3.lan, on1.lan.ip6] as const];
  const trafficEnd = startTraffic(ways, TRAFFIC_S);
  const ip = (...args: string[]) => n2.namespace.must("ip", ["address", ...args, "dev", "under"]);
  await n2.agent.stop();
  await ip("del", `${n2.vtep}/24`);
  await ip("add", `${NEW}/24`);
  const started = performance.now();
  await n2.start();
  const ready = performance.now();
  for (const node of [n1, n3]) {
    await untilKnown(node, NEW, whole, LIMIT_MS);
    await untilKnown(node, n2.vtep, NOTHING, LIMIT_MS);
  }
  const done = performance.now();
  printConvergence("another VTEP address, after the agent's start", done - started);
  printConvergence("another VTEP address, after its agent is ready", done - ready);
  expect(await shownOf(n3, NEW)).toEqual(whole);
  expectNothingLost(await trafficEnd());
  for (const pods of [on1, on3]) {
    await mustReachEachOther(pods.blue, on2.blue);
    await mustReachEachOther(pods.lan, on2.lan);
  }
});
