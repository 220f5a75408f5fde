import { expect } from "vitest";
import type { Pod } from "../fixtures/pod.ts";
import { exchangeDatagrams, exchangeStreams } from "../fixtures/sockets.ts";
import { openBridgedOverlay, openRoutedOverlay } from "../fixtures/vxlan.ts";
import { expectRightSums } from "../fixtures/vxlan-checks.ts";
import { dropsButReports } from "../fixtures/vxlan-counters.ts";
import { overhead } from "../fixtures/vxlan-peer.ts";
import { vxlanScenario } from "../fixtures/vxlan-scenario.ts";

const BYTES = 8_000_000;
const JUMBO = 9000;
const needs = ["python"] as const;
const kinds = { routed: openRoutedOverlay, bridged: openBridgedOverlay };

for (const family of [4, 6] as const) {
  for (const [kind, open] of Object.entries(kinds)) {
    vxlanScenario(
      `Packets in several frames cross the tunnel of a ${kind} network, over IPv${family}`,
      { needs, timeoutMs: 60_000 },
      async (scope) => {
        const overlay = await open(scope, { family, mtu: JUMBO });
        const [a, far] = [overlay.pods[0] as Pod, overlay.peers[0]?.pods[0] as Pod];
        for (const inner of [4, 6] as const) {
          const [{ mss }] = await exchangeStreams(scope, [a, far], inner, BYTES);
          expect(mss).toBe(JUMBO - overhead(family) - (inner === 4 ? 52 : 72));
          const last = JUMBO - overhead(family) - (inner === 4 ? 28 : 48);
          const sizes = { first: last - 4 * 1777, last, step: 1777 };
          for (const ends of [[a, far] as const, [far, a] as const]) {
            const report = await exchangeDatagrams(scope, [...ends], inner, sizes);
            expect(report).toEqual({ intact: 5, lost: [], broken: [], refused: {} });
          }
        }
        await expectRightSums(overlay);
        expect(await dropsButReports(overlay.node)).toEqual({});
      },
    );
  }
}
