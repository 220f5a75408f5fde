import { expect } from "vitest";
import type { Pod } from "../fixtures/pod.ts";
import { exchangeDatagrams, exchangeStreams } from "../fixtures/sockets.ts";
import { openRoutedOverlay, type Peer } from "../fixtures/vxlan.ts";
import { portCounters } from "../fixtures/vxlan-counters.ts";
import { vxlanScenario } from "../fixtures/vxlan-scenario.ts";

const BYTES = 50_000_000;
const MOST = 0.9;

// Unless told otherwise the kernel sums its outer datagrams.
for (const [sums, device] of [
  ["with", ["udpcsum"]],
  ["without", ["noudpcsum"]],
] as const) {
  for (const family of [4, 6] as const) {
    vxlanScenario(
      `Streams over IPv${family} from a kernel VTEP ${sums} UDP checksums take the lane between tc ports`,
      { needs: ["python"], timeoutMs: 60_000 },
      async (scope) => {
        const options = { family: 4, backend: "tc", device } as const;
        const { node, peers, pods } = await openRoutedOverlay(scope, options);
        const [pod, { pods: far }] = [pods[0] as Pod, peers[0] as Peer];
        await exchangeStreams(scope, [far[0] as Pod, pod], family, BYTES);
        const sizes = { first: 1, last: 1400, step: 7 } as const;
        const report = await exchangeDatagrams(scope, [far[0] as Pod, pod], family, sizes);
        expect(report).toMatchObject({ lost: [], broken: [] });
        await node.process.native.countFlows();
        for (const name of [`uplink:${node.site.ifname}`, pod.name]) {
          const { counters } = await portCounters(node, name);
          const { lane_packets = 0, rx_packets = 0 } = counters;
          expect(lane_packets / rx_packets, name).toBeGreaterThan(MOST);
        }
      },
    );
  }
}
