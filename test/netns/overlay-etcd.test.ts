import { expect } from "vitest";
import { addPods, mustReachEachOther } from "../fixtures/overlay.ts";
import { bridgedTenant, routedTenant, UNDERLAY } from "../fixtures/overlay-node.ts";
import { overlayScenario } from "../fixtures/overlay-scenario.ts";
import { printConvergence, shownOf, untilKnown, wholeOf } from "../fixtures/overlay-view.ts";
import { mustPing, ping } from "../fixtures/ping.ts";
import { exchangeStreams } from "../fixtures/sockets.ts";

const LIMIT_MS = 10_000;
const STREAM_BYTES = 3_000_000;

/** A third tenant with the prefixes of blue. */
const withRed = (index: number) => ({
  config: {
    networks: [
      ...[UNDERLAY, routedTenant("blue", 100, index), bridgedTenant(index)],
      routedTenant("red", 300, index),
    ],
  },
});

const TITLE =
  "Nodes find each other in etcd, one that comes later too, and their pods reach each other in" +
  " their own tenant and in no other";

overlayScenario(TITLE, {}, async (overlay) => {
  const { scope } = overlay;
  const n1 = await overlay.addNode(withRed(1));
  const on1 = await addPods(n1);
  const started = performance.now();
  const n2 = await overlay.addNode(withRed(2));
  const on2 = await addPods(n2);
  await untilKnown(n1, n2.vtep, wholeOf(n2, on2.lan.mac), LIMIT_MS);
  await untilKnown(n2, n1.vtep, wholeOf(n1, on1.lan.mac), LIMIT_MS);
  printConvergence("a second node, its agent's start included", performance.now() - started);
  expect(await shownOf(n1, n2.vtep)).toEqual(wholeOf(n2, on2.lan.mac));
  for (const tenant of ["blue", "lan"] as const) {
    await mustReachEachOther(on1[tenant], on2[tenant]);
    await exchangeStreams(scope, [on1[tenant], on2[tenant]], 4, STREAM_BYTES);
    await exchangeStreams(scope, [on2[tenant], on1[tenant]], 6, STREAM_BYTES);
  }

  const red1 = await n1.addPod("red", "red1");
  const red2 = await n2.addPod("red", "red2");
  expect(red2.ip4).toBe(on2.blue.ip4);
  await mustReachEachOther(red1, red2);
  await n2.deletePod(red2);
  for (const address of [on2.blue.ip4, on2.blue.ip6]) {
    expect((await ping(red1, address)).received).toBe(0);
    await mustPing(on1.blue, address);
  }
  for (const address of [on2.lan.ip4, on2.lan.ip6]) {
    expect((await ping(on1.blue, address)).received).toBe(0);
  }

  const n3 = await overlay.addNode(withRed(3));
  const on3 = await addPods(n3);
  const attached = performance.now();
  await untilKnown(n1, n3.vtep, wholeOf(n3, on3.lan.mac), LIMIT_MS);
  await untilKnown(n2, n3.vtep, wholeOf(n3, on3.lan.mac), LIMIT_MS);
  printConvergence("pods of a third node, after ADD", performance.now() - attached);
  for (const tenant of ["blue", "lan"] as const) {
    await mustReachEachOther(on3[tenant], on1[tenant]);
    await mustReachEachOther(on3[tenant], on2[tenant]);
  }
});
