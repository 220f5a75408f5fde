import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { parseFabric } from "../../src/vxlan/fabric-file.ts";
import type { FabricNodeView } from "../../src/vxlan/view.ts";
import { addPods, mustReachEachOther } from "../fixtures/overlay.ts";
import { LEASE, type OverlayNode } from "../fixtures/overlay-node.ts";
import { overlayScenario } from "../fixtures/overlay-scenario.ts";
import { NOTHING, printConvergence, untilKnown, wholeOf } from "../fixtures/overlay-view.ts";
import { expectNothingLost, startTraffic, watchKnown } from "../fixtures/overlay-watch.ts";
import { waitFor } from "../fixtures/wait.ts";

const LIMIT_MS = 10_000;
const AWAY_S = 20;
/** etcd starts all leases anew when it comes back, and a lost node is kept for one more. */
const FORGET_LIMIT_MS = 2 * LEASE * 1000 + 10_000;

const TITLE =
  "While etcd is away for longer than the lease, forwarding goes on with the last known state," +
  " after a restart too, and what is new is told afterwards";

overlayScenario(TITLE, {}, async (overlay) => {
  const [n1, n2, n3, n4] = [
    await overlay.addNode(),
    await overlay.addNode(),
    await overlay.addNode(),
    await overlay.addNode(),
  ] as const;
  const [on1, on2, on3] = [await addPods(n1), await addPods(n2), await addPods(n3)] as const;
  await untilKnown(n1, n4.vtep, wholeOf(n4), LIMIT_MS);
  for (const node of [n1, n3]) {
    await untilKnown(node, n2.vtep, wholeOf(n2, on2.lan.mac), LIMIT_MS);
  }
  for (const [node, pods] of [
    [n1, on1],
    [n2, on2],
  ] as const) {
    await untilKnown(n3, node.vtep, wholeOf(node, pods.lan.mac), LIMIT_MS);
  }

  await untilSaved(n3, "n1", "n2", "n4");

  await overlay.store.kill();
  const stopWatching = watchKnown([n1], n3.vtep);
  const ways = [
    [on1.blue, on2.blue.ip4] as const,
    [on2.blue, on1.blue.ip6] as const,
    [on1.lan, on2.lan.ip4] as const,
    [on2.lan, on1.lan.ip6] as const,
  ];
  const trafficEnd = startTraffic(ways, AWAY_S);
  const late = { blue: await n2.addPod("blue", "late"), lan: await n2.addPod("lan", "latelan") };
  await n4.agent.kill();
  await n3.agent.kill();
  await n3.start();
  const { connected, nodes } = await n3.millrace("fabric");
  expect(connected).toBe(false);
  expect(nodes.map(({ name, source }: FabricNodeView) => [name, source])).toEqual([
    ["n1", "saved"],
    ["n2", "saved"],
    ["n4", "saved"],
  ]);
  await mustReachEachOther(on3.blue, on1.blue);
  await mustReachEachOther(on3.lan, on2.lan);
  // The routed one is in a prefix that is known.
  await mustReachEachOther(on3.blue, late.blue);
  expectNothingLost(await trafficEnd());

  await overlay.store.start();
  const back = performance.now();
  await untilMac(n1, late.lan.mac);
  await untilMac(n3, late.lan.mac);
  printConvergence("a pod added while etcd was away, after etcd is back", performance.now() - back);
  const isConnected = async () => (await n3.agent.client.fabric()).connected;
  await waitFor("n3 is connected", isConnected, Boolean, LIMIT_MS);
  await mustReachEachOther(on1.lan, late.lan);
  // By then whoever else would be lost is lost, too.
  for (const node of [n1, n3]) await untilKnown(node, n4.vtep, NOTHING, FORGET_LIMIT_MS);
  const forgotten = performance.now() - back;
  printConvergence(`a node that died meanwhile, after etcd is back (lease ${LEASE} s)`, forgotten);
  const whole3 = JSON.stringify(wholeOf(n3, on3.lan.mac));
  expect(await stopWatching()).toEqual([`n1: ${whole3}`]);
});

/** Told, not learned from a frame. */
async function untilMac({ agent }: OverlayNode, mac: string): Promise<void> {
  const ask = async () => (await agent.client.fdb({ network: "lan", mac })).entries;
  const isTold = (entries: { source: string }[]) =>
    entries.some(({ source }) => source !== "learned");
  await waitFor(`${mac} is told`, ask, isTold, 15_000);
}

/** The disk gets what is told a second later. */
async function untilSaved({ agent }: OverlayNode, ...names: string[]): Promise<void> {
  const ask = () => {
    const { nodes } = parseFabric(readFileSync(join(agent.stateDir, "fabric.json"), "utf8"));
    return nodes.map(({ name }) => name);
  };
  const isRight = (saved: string[]) => names.every((name) => saved.includes(name));
  await waitFor(`${names} on the disk`, () => attempt(ask), isRight, LIMIT_MS);
}

function attempt(ask: () => string[]): string[] {
  try {
    return ask();
  } catch {
    return []; // not there yet
  }
}
