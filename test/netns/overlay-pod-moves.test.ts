import { expect } from "vitest";
import { mustReachEachOther, type Overlay } from "../fixtures/overlay.ts";
import { bridgedTenant, type OverlayNode, UNDERLAY } from "../fixtures/overlay-node.ts";
import { overlayScenario } from "../fixtures/overlay-scenario.ts";
import { printConvergence } from "../fixtures/overlay-view.ts";
import { untilReached } from "../fixtures/overlay-watch.ts";
import { waitFor } from "../fixtures/wait.ts";

const LIMIT_MS = 10_000;
const MAC = "02:00:00:00:00:77";
const IPS = ["10.83.0.77", "fd83::77"];

/** All nodes give addresses of one segment, so a pod can take its own along. */
const config = (index: number) => {
  const lan = { ...bridgedTenant(index), nodePrefixes: ["10.83.0.0/16", "fd83::/64"] };
  return { networks: [UNDERLAY, lan] };
};

const TITLE = "A bridged pod that moves to another node with its addresses is followed by a third";

overlayScenario(TITLE, {}, async (overlay) => {
  const [n1, n2, n3] = [
    await add(overlay, 1),
    await add(overlay, 2),
    await add(overlay, 3),
  ] as const;
  const watcher = await n3.addPod("lan", "watcher", wish(["10.83.0.3", "fd83::3"]));
  const before = await n1.addPod("lan", "before", wish(IPS, MAC));
  await untilBehind(n3, n1.vtep);
  await mustReachEachOther(watcher, before);

  await n1.deletePod(before);
  const deleted = performance.now();
  const after = await n2.addPod("lan", "after", wish(IPS, MAC));
  expect([after.mac, after.ip4, after.ip6]).toEqual([MAC, ...IPS]);
  const added = performance.now();
  await untilBehind(n3, n2.vtep);
  const known = performance.now();
  await untilReached(watcher, after.ip4, LIMIT_MS);
  printConvergence("a moved pod, told to a third node after ADD", known - added);
  printConvergence("a moved pod, reached from there after DEL", performance.now() - deleted);
  await mustReachEachOther(watcher, after);
  const { entries } = await n3.millrace("fdb", "--network", "lan", "--mac", MAC);
  expect(entries.map(({ peer }: { peer: string }) => peer)).toEqual([n2.vtep]);
});

const add = (overlay: Overlay, index: number) => overlay.addNode({ config: config(index) });

/** What a pod asks for, as `ips` and `mac` of runtimeConfig. */
const wish = (ips: readonly string[], mac?: string) => ({
  config: { runtimeConfig: { ips, ...(mac && { mac }) } },
});

/** Waits until a node is told behind which VTEP the pod is. */
async function untilBehind({ agent }: OverlayNode, vtep: string): Promise<void> {
  const ask = async () => (await agent.client.fdb({ network: "lan", mac: MAC })).entries;
  const isTold = (entries: { peer: string; source: string }[]) =>
    entries.some(({ peer, source }) => peer === vtep && source !== "learned");
  await waitFor(`${MAC} is behind ${vtep}`, ask, isTold, LIMIT_MS);
}
