import { join } from "node:path";
import { expect } from "vitest";
import { writePcap } from "../../bench/frames/pcap.ts";
import { readTemplates } from "../../bench/frames/replay.ts";
import { imix } from "../../bench/frames/sizes.ts";
import type { Source } from "../../bench/frames/types.ts";
import { Tester } from "../../bench/trial/tester.ts";
import type { Load } from "../../bench/trial/types.ts";
import { createLane, otherFrames, plainFrame } from "../fixtures/bench-lane.ts";
import { bareScenario } from "../fixtures/scenario.ts";

const sources: readonly Source[] = ["skb", "frame"];
const small = [{ bytes: 64, weight: 1 }];
const load: Load = { source: "skb", sizes: small, flows: 1, rate: null, seconds: 1, frames: 2000 };

for (const source of sources) {
  bareScenario(
    `Every frame of a burst arrives once, in order and timed (${source})`,
    {},
    async (scope) => {
      const tester = await Tester.open(scope, await createLane(scope));
      const trial = await tester.run({ ...load, source });
      expect(trial).toMatchObject({ sent: 2000, received: 2000, lost: 0, duplicates: 0 });
      expect(trial).toMatchObject({ reordered: 0, corrupt: 0 });
      expect(trial.latency?.min).toBeGreaterThan(100);
      expect(trial.latency?.max).toBeLessThan(1e9);
    },
  );

  bareScenario(
    `65536 flows of mixed sizes arrive as they were built (${source})`,
    {},
    async (scope) => {
      const tester = await Tester.open(scope, await createLane(scope));
      const trial = await tester.run({
        ...load,
        source,
        sizes: imix,
        flows: 65_536,
        frames: 20_000,
      });
      expect(trial).toMatchObject({ sent: 20_000, received: 20_000, corrupt: 0 });
      // 7 x 64, 4 x 594 and 1518 bytes, with the FCS that receivedBps counts.
      expect(trial.receivedBps / trial.receivedPps / 8).toBeCloseTo(
        (7 * 64 + 4 * 594 + 1518) / 12,
        0,
      );
    },
  );

  for (const [name, frame] of Object.entries(otherFrames)) {
    bareScenario(
      `The stamp is found behind other headers: ${name} (${source})`,
      {},
      async (scope) => {
        const tester = await Tester.open(scope, await createLane(scope, frame));
        const sizes = [{ bytes: 128, weight: 1 }];
        const trial = await tester.run({ ...load, source, sizes, flows: 16 });
        expect(trial).toMatchObject({ sent: 2000, received: 2000, reordered: 0, corrupt: 0 });
      },
    );
  }

  bareScenario(`A capture is replayed frame by frame (${source})`, {}, async (scope) => {
    const lane = await createLane(scope);
    const capture = join(scope.dir, "capture.pcap");
    const bytes = (length: number) => Uint8Array.from({ length }, (_, at) => at);
    const frames = [64, 1000, 300].map((length) => ({ head: bytes(length), length }));
    await writePcap(capture, frames);
    const tester = await Tester.open(scope, { ...lane, capture });
    const trial = await tester.run({ ...load, source, frames: 300 });
    expect(trial).toMatchObject({ sent: 300, received: 300, latency: null });
    expect(trial.receivedBps / trial.receivedPps / 8).toBeCloseTo((64 + 1000 + 300) / 3 + 4, 0);
  });
}

bareScenario(
  "What is sent can be read from the file that the generator plays",
  {},
  async (scope) => {
    const lane = await createLane(scope);
    const tester = await Tester.open(scope, lane);
    await tester.run({ ...load, flows: 4 });
    const path = join(scope.dir, `${lane.tx.netns}-eth0-0.pcap`);
    const templates = await readTemplates(path);
    expect(templates).toHaveLength(4);
    expect(templates[0]?.length).toBe(60);
  },
);

bareScenario(
  "A frame with another TTL than the device should give it is an error",
  {},
  async (scope) => {
    const lane = await createLane(scope, { ...plainFrame, ip: { ...plainFrame.ip, ttl: 63 } });
    const tester = await Tester.open(scope, lane);
    await expect(tester.run(load)).rejects.toThrow("another TTL than expected");
  },
);

bareScenario("An interface that is not there is named", {}, async (scope) => {
  const lane = await createLane(scope);
  const rx = { ...lane.rx, ifname: "nothere0" };
  await expect(Tester.open(scope, { ...lane, rx })).rejects.toThrow("interface nothere0");
});
