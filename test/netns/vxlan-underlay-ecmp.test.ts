import { expect } from "vitest";
import { mustReach } from "../fixtures/ping.ts";
import type { Pod } from "../fixtures/pod.ts";
import { exchangeStreams } from "../fixtures/sockets.ts";
import {
  openTwoWays,
  sendFlows,
  sentDuring,
  setUplink,
  untilBothUsed,
} from "../fixtures/vxlan-ecmp.ts";
import { vxlanScenario } from "../fixtures/vxlan-scenario.ts";

const needs = ["python"] as const;
const FLOWS = 200;

for (const family of [4, 6] as const) {
  vxlanScenario(
    `Flows to a peer are spread over both uplinks, over IPv${family}`,
    { needs },
    async (scope) => {
      const overlay = await openTwoWays(scope, family);
      const sent = await sentDuring(overlay, () => sendFlows(overlay, FLOWS));
      console.log(`${FLOWS} flows: ${sent.join(" and ")} packets`);
      // Two thirds to one third is far outside of what chance does with 200 flows.
      for (const share of sent) expect(share).toBeGreaterThan((2 * FLOWS) / 3);
    },
  );

  vxlanScenario(
    `When an uplink goes down its flows take the other one, and come back, over IPv${family}`,
    { needs, timeoutMs: 60_000 },
    async (scope) => {
      const overlay = await openTwoWays(scope, family);
      const { pods, peers } = overlay;
      const ends = [pods[0], peers[0]?.pods[0]] as [Pod, Pod];
      await setUplink(overlay, "down");
      const sent = await sentDuring(overlay, () => sendFlows(overlay, FLOWS));
      expect(sent[1]).toBe(0);
      expect(sent[0]).toBeGreaterThanOrEqual(2 * FLOWS);
      await exchangeStreams(scope, ends, 4, 2_000_000);
      await setUplink(overlay, "up");
      await untilBothUsed(overlay);
      await mustReach(...ends);
    },
  );
}
