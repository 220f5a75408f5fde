import { expect } from "vitest";
import { countersOf, dropsDuring, expectBalanced } from "../fixtures/counters.ts";
import { mustReach, ping } from "../fixtures/ping.ts";
import { knowGateway } from "../fixtures/scapy.ts";
import { scenario } from "../fixtures/scenario.ts";
import { tagEverything } from "../fixtures/vlan.ts";

for (const [name, tpid] of [
  ["802.1Q", "0x8100"],
  ["802.1ad", "0x88a8"],
] as const) {
  scenario(
    `Frames of an ${name} sub-interface are dropped as tagged and never pass as untagged`,
    { needs: ["clang", "tc"] },
    async (lab) => {
      const [a, b] = await lab.addPair();
      await mustReach(a, b);
      // So that what follows needs no answer to a request of the same interface.
      await knowGateway(a);
      await tagEverything(lab.scope, a, tpid);
      const before = (await countersOf(lab, b)).counters["tx_packets"];
      const drops = await dropsDuring(lab, a, async () => {
        for (const address of [b.ip4, b.ip6, a.gateway4, a.gateway6]) {
          expect(await ping(a, address)).toMatchObject({ sent: 3, received: 0 });
        }
      });
      expect(drops["vlan-unexpected"]).toBeGreaterThanOrEqual(12);
      expect((await countersOf(lab, b)).counters["tx_packets"]).toBe(before);
      await expectBalanced(lab);
    },
  );
}
