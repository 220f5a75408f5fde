import { expect } from "vitest";
import { addThreeNodes, mustReachEachOther } from "../fixtures/overlay.ts";
import { LEASE } from "../fixtures/overlay-node.ts";
import { overlayScenario } from "../fixtures/overlay-scenario.ts";
import { NOTHING, printConvergence, untilKnown, wholeOf } from "../fixtures/overlay-view.ts";
import {
  expectNothingLost,
  startTraffic,
  untilReached,
  watchKnown,
} from "../fixtures/overlay-watch.ts";
import { ping } from "../fixtures/ping.ts";

const LIMIT_MS = 10_000;
/** A client that was cut off tries again after 5 s at most, and the kernel's TCP after some more. */
const HEAL_LIMIT_MS = 20_000;
const FORGET_LIMIT_MS = LEASE * 1000 + 10_000;
const TRAFFIC_S = 4;

const TITLE =
  "A node cut off from the underlay is kept, one cut off from etcd is forgotten with its lease," +
  " and both are back when the links are";

overlayScenario(TITLE, {}, async (overlay) => {
  const { n1, n2, n3, on1, on2, on3 } = await addThreeNodes(overlay);
  const whole1 = wholeOf(n1, on1.lan.mac);
  const whole2 = wholeOf(n2, on2.lan.mac);
  for (const node of [n1, n3]) await untilKnown(node, n2.vtep, whole2, LIMIT_MS);
  await untilKnown(n2, n1.vtep, whole1, LIMIT_MS);
  for (const tenant of ["blue", "lan"] as const) {
    await mustReachEachOther(on1[tenant], on2[tenant]);
    await mustReachEachOther(on1[tenant], on3[tenant]);
  }

  const watchCut = watchKnown([n1, n3], n2.vtep);
  await overlay.setLink(n2, "under", "down");
  expect((await ping(on1.blue, on2.blue.ip4)).received).toBe(0);
  expect((await ping(on1.lan, on2.lan.ip6)).received).toBe(0);
  const ways = [[on1.blue, on3.blue.ip4] as const, [on3.lan, on1.lan.ip4] as const];
  expectNothingLost(await startTraffic(ways, TRAFFIC_S)());
  await overlay.setLink(n2, "under", "up");
  const healed = await Promise.all([
    untilReached(on1.blue, on2.blue.ip4, HEAL_LIMIT_MS),
    untilReached(on2.lan, on3.lan.ip6, HEAL_LIMIT_MS),
  ]);
  printConvergence("the underlay of a node is back", Math.max(...healed));
  const kept = JSON.stringify(whole2);
  expect(await watchCut()).toEqual([`n1: ${kept}`, `n3: ${kept}`]);

  const watchOwn = watchKnown([n2], n1.vtep);
  await overlay.setLink(n2, "mgmt", "down");
  const cut = performance.now();
  for (const node of [n1, n3]) await untilKnown(node, n2.vtep, NOTHING, FORGET_LIMIT_MS);
  printConvergence(`a node cut off from etcd is forgotten (lease ${LEASE} s)`, since(cut));
  expectNothingLost(await startTraffic(ways, TRAFFIC_S)());
  await overlay.setLink(n2, "mgmt", "up");
  const back = performance.now();
  for (const node of [n1, n3]) await untilKnown(node, n2.vtep, whole2, HEAL_LIMIT_MS);
  printConvergence("a node is back at etcd and known again", since(back));
  expect(await watchOwn()).toEqual([`n2: ${JSON.stringify(whole1)}`]);
  for (const tenant of ["blue", "lan"] as const) {
    await mustReachEachOther(on1[tenant], on2[tenant]);
    await mustReachEachOther(on3[tenant], on2[tenant]);
  }
});

const since = (start: number): number => performance.now() - start;
