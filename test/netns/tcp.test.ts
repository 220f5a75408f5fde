import { expect } from "vitest";
import { expectBalanced } from "../fixtures/counters.ts";
import type { Lab } from "../fixtures/lab.ts";
import type { Pod } from "../fixtures/pod.ts";
import { scenario } from "../fixtures/scenario.ts";
import { exchangeStreams } from "../fixtures/sockets.ts";

const BYTES = 20_000_000;

for (const family of [4, 6] as const) {
  scenario(
    `Two pods send each other 20 MB over one IPv${family} connection at once, default offloads`,
    { needs: ["python", "ethtool"] },
    async (lab) => {
      const pods = await lab.addPair();
      await exchangeStreams(lab.scope, pods, family, BYTES);
      await expectChecksumOffload(pods[0]);
      const { rx } = await expectBalanced(lab);
      expect(rx).toBeGreaterThan((2 * BYTES) / 1500);
      await expectNoMalformedPacket(lab);
    },
  );
}

/** The pod leaves TCP checksums to the device, as on any veth: nobody switched that off. */
async function expectChecksumOffload(pod: Pod): Promise<void> {
  const features = await pod.namespace.must("ethtool", ["-k", pod.ifname]);
  expect(features).toMatch(/^tx-checksumming: on$/m);
  expect(features).toMatch(/^generic-segmentation-offload: on$/m);
}

async function expectNoMalformedPacket(lab: Lab): Promise<void> {
  const { ports } = await lab.agent.client.counters();
  for (const { drops } of ports) {
    expect(drops).toMatchObject({ "ip4-malformed": 0, "ip4-checksum": 0, "ip6-malformed": 0 });
  }
}
