import { expect } from "vitest";
import { sinkKinds } from "../../bench/trial/sink.ts";
import { Tester } from "../../bench/trial/tester.ts";
import type { Load } from "../../bench/trial/types.ts";
import { createLane, otherFrames, plainFrame } from "../fixtures/bench-lane.ts";
import { bareScenario } from "../fixtures/scenario.ts";
import { openPart } from "../harness/scope.ts";

/** Fewer than a veth holds, as a busy machine may take the CPU away meanwhile. */
const FRAMES = 200;
const needs = { needs: ["ethtool"] } as const;
const load = (bytes: number): Load => ({
  ...{ source: "skb", sizes: [{ bytes, weight: 1 }], flows: 16 },
  ...{ rate: 10_000, seconds: 1, frames: FRAMES },
});
const frames = { "UDP over IPv4": plainFrame, ...otherFrames };

for (const [name, frame] of Object.entries(frames)) {
  bareScenario(
    `The sink counts the same of ${name}, in the driver or as packets of a pod`,
    needs,
    async (scope) => {
      const lane = await createLane(scope, frame);
      for (const sink of sinkKinds) {
        await using part = openPart(scope);
        const { run } = await Tester.open(part, lane, { sink });
        for (const bytes of [200, 1400]) {
          const { received, duplicates, corrupt, latency, modes } = await run(load(bytes));
          expect({ sink, bytes, received, duplicates, corrupt }).toEqual({
            ...{ sink, bytes, received: FRAMES, duplicates: 0, corrupt: 0 },
          });
          expect(latency?.count).toBe(FRAMES);
          expect(modes.rx).toBe(sink === "xdp" ? "native" : "skb");
        }
      }
    },
  );
}

bareScenario(
  "The sink refuses a device that routes without a hop, as packets of a pod too",
  needs,
  async (scope) => {
    const lane = await createLane(scope);
    const routed = { ...lane, arrival: { ...lane.arrival, ttl: 63 } };
    const { run } = await Tester.open(scope, routed, { sink: "skb" });
    await expect(run(load(200))).rejects.toThrow("another TTL");
  },
);
