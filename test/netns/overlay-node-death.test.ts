import { expect } from "vitest";
import { addThreeNodes, mustReachEachOther } from "../fixtures/overlay.ts";
import { LEASE } from "../fixtures/overlay-node.ts";
import { overlayScenario } from "../fixtures/overlay-scenario.ts";
import {
  NOTHING,
  printConvergence,
  shownOf,
  untilKnown,
  wholeOf,
} from "../fixtures/overlay-view.ts";
import {
  expectNothingLost,
  startTraffic,
  untilReached,
  watchKnown,
} from "../fixtures/overlay-watch.ts";

const LIMIT_MS = 10_000;
/** Much more than the lease: etcd looks twice a second, and the machine may be busy. */
const DEATH_LIMIT_MS = LEASE * 1000 + 10_000;
const TRAFFIC_S = 8;

const TITLE =
  "A node that dies is forgotten with its lease, and one that is back within it disturbs nobody";

overlayScenario(TITLE, {}, async (overlay) => {
  const { n1, n2, n3, on1, on2, on3 } = await addThreeNodes(overlay);
  const whole2 = wholeOf(n2, on2.lan.mac);
  const whole3 = wholeOf(n3, on3.lan.mac);
  for (const node of [n1, n2]) await untilKnown(node, n3.vtep, whole3, LIMIT_MS);
  for (const node of [n1, n3]) await untilKnown(node, n2.vtep, whole2, LIMIT_MS);

  const stopWatching = watchKnown([n1, n3], n2.vtep);
  const ways = [[on1.blue, on3.blue.ip4] as const, [on3.lan, on1.lan.ip6] as const];
  const trafficEnd = startTraffic(ways, TRAFFIC_S);
  await n2.agent.kill();
  const killed = performance.now();
  await n2.start();
  await untilReached(on1.blue, on2.blue.ip4, LIMIT_MS);
  printConvergence(
    "kill -9 of an agent and its start until its pods are reached",
    performance.now() - killed,
  );
  expectNothingLost(await trafficEnd());
  const text = JSON.stringify(whole2);
  expect(await stopWatching()).toEqual([`n1: ${text}`, `n3: ${text}`]);
  for (const tenant of ["blue", "lan"] as const) {
    await mustReachEachOther(on2[tenant], on3[tenant]);
  }

  await n3.agent.kill();
  const died = performance.now();
  await untilKnown(n1, n3.vtep, NOTHING, DEATH_LIMIT_MS);
  await untilKnown(n2, n3.vtep, NOTHING, DEATH_LIMIT_MS);
  const gone = performance.now() - died;
  printConvergence(`a dead node is forgotten (lease ${LEASE} s)`, gone);
  // A third of the lease at most had passed since it was renewed.
  expect(gone).toBeGreaterThan(((LEASE * 2) / 3) * 1000 - 500);
  expect(await shownOf(n1, n3.vtep)).toEqual(NOTHING);

  await n3.start();
  const started = performance.now();
  await untilKnown(n1, n3.vtep, whole3, LIMIT_MS);
  printConvergence("it is known again, after its agent is ready", performance.now() - started);
  await mustReachEachOther(on1.blue, on3.blue);
  await mustReachEachOther(on1.lan, on3.lan);
});
