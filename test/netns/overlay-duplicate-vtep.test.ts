import { expect } from "vitest";
import { encodeNode } from "../../src/fabric/etcd-codec.ts";
import type { FabricNode } from "../../src/fabric/fabric.ts";
import { addPods, mustReachEachOther } from "../fixtures/overlay.ts";
import type { OverlayNode } from "../fixtures/overlay-node.ts";
import { overlayScenario } from "../fixtures/overlay-scenario.ts";
import { printConvergence, untilKnown, wholeOf } from "../fixtures/overlay-view.ts";
import { expectNothingLost, startTraffic, watchKnown } from "../fixtures/overlay-watch.ts";
import { waitFor } from "../fixtures/wait.ts";

const LIMIT_MS = 10_000;
const TRAFFIC_S = 5;
const PREFIX = "/millrace/v1";

const TITLE =
  "Of two nodes with the same VTEP address the first one goes on, and the conflict is reported" +
  " until it is over";

overlayScenario(TITLE, {}, async (overlay) => {
  const [n1, n2] = [await overlay.addNode(), await overlay.addNode()] as const;
  const [on1, on2] = [await addPods(n1), await addPods(n2)] as const;
  const whole = wholeOf(n2, on2.lan.mac);
  await untilKnown(n1, n2.vtep, whole, LIMIT_MS);
  await untilKnown(n2, n1.vtep, wholeOf(n1, on1.lan.mac), LIMIT_MS);

  const stopWatching = watchKnown([n1], n2.vtep);
  const ways = [[on1.blue, on2.blue.ip4] as const, [on2.lan, on1.lan.ip6] as const];
  const trafficEnd = startTraffic(ways, TRAFFIC_S);
  // Its name comes before that of the first one: age counts, not the name.
  const rival = rivalOf(n2, "a");
  const put = performance.now();
  for (const [key, value] of encodeNode(PREFIX, rival)) {
    await overlay.store.etcdctl("put", key, value);
  }
  const conflict = {
    kind: "vtep",
    where: "vtep0",
    entry: n2.vtep,
    winner: "n2",
    losers: ["a"],
  };
  const conflictsOf = async () => (await n1.agent.client.fabric()).conflicts;
  await waitFor("the conflict", conflictsOf, ({ length }) => length > 0, LIMIT_MS);
  printConvergence(
    "a second node with a VTEP address is reported, etcdctl's start included",
    performance.now() - put,
  );
  expect((await n1.millrace("fabric")).conflicts).toEqual([conflict]);
  expectNothingLost(await trafficEnd());
  expect(await stopWatching()).toEqual([`n1: ${JSON.stringify(whole)}`]);

  // The one whose address it is has it in any case.
  const own = (await n2.millrace("fabric")).nodes.find(({ name }: FabricNode) => name === "a");
  expect(own?.addresses ?? []).toEqual([]);

  await overlay.store.etcdctl("del", "--prefix", `${PREFIX}/nodes/a`);
  await waitFor("no conflict", conflictsOf, ({ length }) => length === 0, LIMIT_MS);
  await mustReachEachOther(on1.blue, on2.blue);
  await mustReachEachOther(on1.lan, on2.lan);
});

/** A node with a VTEP address of another one, and networks of its own. */
function rivalOf({ vtep }: OverlayNode, name: string): FabricNode {
  const mac = "02:00:00:00:00:99";
  return {
    name,
    vteps: [{ udpPort: 4789, address4: vtep, address6: "" }],
    networks: [
      { vni: 100, udpPort: 4789, mac, prefixes: ["10.81.99.0/24"], endpoints: [] },
      { vni: 200, udpPort: 4789, mac: "", prefixes: [], endpoints: [{ mac, addresses: [] }] },
    ],
  };
}
