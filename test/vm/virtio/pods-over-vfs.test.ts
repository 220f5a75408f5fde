import { expect } from "vitest";
import type { PortView } from "../../../src/agent/view.ts";
import { expectRightSums } from "../../fixtures/agent-host.ts";
import { mustReach } from "../../fixtures/ping.ts";
import { exchangeStreams } from "../../fixtures/sockets.ts";
import { createNamespace, type Namespace } from "../../harness/namespace.ts";
import type { Scope } from "../../harness/scope.ts";
import { guestNamespace } from "../fixtures/guest-namespace.ts";
import { expectLane } from "../fixtures/lane.ts";
import { pfsOf } from "../fixtures/pci.ts";
import { agentScenario } from "../fixtures/scenario.ts";
import {
  LAN,
  linkState,
  moveVf,
  startVfNode,
  uplinkPort,
  VF,
  type VfNode,
  withLogs,
} from "../fixtures/vf-node.ts";
import { createVfs } from "../fixtures/vfs.ts";

const BYTES = 2_000_000;

const inNamespace = (scope: Scope) => createNamespace(scope, "n1");

for (const [where, makeFirst, family, flowLane] of [
  ["in a namespace", inNamespace, 4, false],
  ["in the host's own namespace", guestNamespace, 6, false],
  ["with the flow lane", inNamespace, 4, true],
  ["with the flow lane, over IPv6", inNamespace, 6, true],
] as const) {
  agentScenario(
    `Pods reach those of another node over zero-copy VFs, from a node ${where}`,
    async (scope) => {
      const places = [await makeFirst(scope), await createNamespace(scope, "n2")] as const;
      await giveVfs(scope, places);
      const before = await statesOf(places);
      const networks = [{ ...LAN, flowLane }];
      const start = (place: Namespace) => startVfNode(scope, place, { networks });
      const nodes = [await start(places[0]), await start(places[1])] as const;
      await withLogs(nodes, async () => {
        await expectZeroCopy(nodes);
        const a = await nodes[0].addPod("lan", "a", ["10.83.1.10", "fd83:1::10"]);
        const b = await nodes[1].addPod("lan", "b", ["10.83.1.20", "fd83:1::20"]);
        await mustReach(a, b);
        await mustReach(b, a);
        await exchangeStreams(scope, [a, b], family, BYTES);
        await exchangeStreams(scope, [b, a], family, BYTES);
        await expectRightSums(a.namespace, b.namespace);
        for (const node of nodes) await expectLane(node, flowLane);
        for (const { agent } of nodes) expect(await agent.stop()).toBe(0);
        expect(await statesOf(places)).toEqual(before);
      });
    },
  );
}

async function giveVfs(scope: Scope, places: readonly Namespace[]): Promise<void> {
  const [pf = ""] = pfsOf("virtio-pci");
  const vfs = await createVfs(scope, pf, places.length);
  for (const [i, place] of places.entries()) await moveVf(vfs[i] ?? "", place);
}

async function expectZeroCopy([first, second]: readonly [VfNode, VfNode]): Promise<void> {
  const shown: PortView[] = await first.millrace("ports");
  const zeroCopy = { ifname: VF, role: "uplink", mode: "zero-copy", refused: [] };
  expect(shown).toMatchObject([zeroCopy]);
  expect(await uplinkPort(second)).toMatchObject(zeroCopy);
}

const statesOf = (places: readonly Namespace[]) =>
  Promise.all(places.map((place) => linkState(place)));
