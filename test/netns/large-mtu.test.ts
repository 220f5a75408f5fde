import { expect } from "vitest";
import { dropsOf, expectBalanced } from "../fixtures/counters.ts";
import { mustPing } from "../fixtures/ping.ts";
import { ipOf } from "../fixtures/pod.ts";
import { scenario } from "../fixtures/scenario.ts";
import { exchangeStreams } from "../fixtures/sockets.ts";

const BYTES = 10_000_000;

/** The largest MTU that fits a frame of that size, and jumbo frames, which take several. */
const LARGEST = [
  [2048, 1774],
  [4096, 3506],
  [2048, 9000],
  [4096, 9000],
] as const;

for (const [frameSize, mtu] of LARGEST) {
  for (const family of [4, 6] as const) {
    scenario(
      `A network with MTU ${mtu} carries full packets in frames of ${frameSize} bytes over IPv${family}`,
      { needs: ["python"], config: largeNetwork(mtu, frameSize) },
      async (lab) => {
        const pods = await lab.addPair();
        const [a, b] = pods;
        const size = mtu - (family === 4 ? 28 : 48);
        await mustPing(a, ipOf(b, family), { extra: ["-s", `${size}`, "-M", "do"] });
        const [{ mss }] = await exchangeStreams(lab.scope, pods, family, BYTES);
        expect(mss).toBeGreaterThan(mtu - 100);
        for (const pod of pods) expect(await dropsOf(lab, pod)).not.toHaveProperty("mtu-exceeded");
        await expectBalanced(lab);
      },
    );
  }
}

function largeNetwork(mtu: number, frameSize: number) {
  const blue = { name: "blue", nodePrefixes: ["10.81.1.0/24", "fd81:1::/64"], mtu };
  return { networks: [blue], dataplane: { frameSize } };
}
