import { expect } from "vitest";
import { expectCopiesBalanced, foreignMac } from "../fixtures/bridge.ts";
import { capture, frame, repeat, send, textDigits } from "../fixtures/bridge-frames.ts";
import { uplinkedLan } from "../fixtures/bridge-uplink.ts";
import { dropsDuring } from "../fixtures/counters.ts";
import { mustReach, ping } from "../fixtures/ping.ts";
import { scenario } from "../fixtures/scenario.ts";
import { waitFor } from "../fixtures/wait.ts";

const needs = ["python"] as const;
/** Frames that the pod's kernel sends to groups of its own accord. */
const NOISE = 8;

for (const unknownUnicast of [true, false]) {
  scenario(
    unknownUnicast
      ? "A frame for an unknown MAC address is flooded to the uplink and the pods"
      : "With unknownUnicast off a frame for an unknown MAC address is dropped, a broadcast is not",
    { needs },
    async (lab) => {
      const [a, b, far] = await uplinkedLan(lab, { flood: { unknownUnicast } });
      const taps = await Promise.all([b, far].map((pod) => capture(lab.scope, pod)));
      const dst = foreignMac(1);
      const drops = await dropsDuring(lab, a, async () => {
        await send(
          a,
          frame({ src: a.mac, dst, payload: textDigits("who knows") }),
          frame({ src: a.mac, payload: textDigits("to all") }),
        );
        for (const tap of taps) await tap.wait("to all");
      });
      const count = unknownUnicast ? 1 : 0;
      for (const tap of taps) expect(tap.holding("who knows")).toHaveLength(count);
      expect(drops).toEqual(unknownUnicast ? {} : { "flood-limited": 1 });
      await expectCopiesBalanced(lab);
    },
  );
}

scenario(
  "With flood.multicast off a frame for a group is dropped, a broadcast is not",
  { needs },
  async (lab) => {
    const [a, , far] = await uplinkedLan(lab, { flood: { multicast: false } });
    const tap = await capture(lab.scope, far);
    const drops = await dropsDuring(lab, a, async () => {
      const dst = "01:00:5e:01:02:03";
      await send(
        a,
        frame({ src: a.mac, dst, payload: textDigits("to a group") }),
        frame({ src: a.mac, payload: textDigits("to all") }),
      );
      await tap.wait("to all");
    });
    expect(tap.holding("to a group")).toEqual([]);
    // The pod's kernel may have sent a report of its groups meanwhile.
    expect(Object.keys(drops)).toEqual(["multicast"]);
  },
);

scenario(
  "More flooded frames than flood.perSecond are dropped and counted, others pass meanwhile",
  { needs },
  async (lab) => {
    const [perSecond, count] = [100, 3000];
    const [a, b, far] = await uplinkedLan(lab, { flood: { perSecond } });
    await mustReach(a, far);
    const tap = await capture(lab.scope, far);
    const started = performance.now();
    const drops = await dropsDuring(lab, a, async () => {
      const work = repeat(a, count, frame({ src: a.mac, payload: textDigits("storm") }));
      const [, answers] = await Promise.all([work, ping(a, far.ip4, { count: 5, patience: 5 })]);
      expect(answers.received).toBeGreaterThanOrEqual(5);
      await tap.wait("storm");
    });
    const seconds = (performance.now() - started) / 1000;
    const came = await settled(() => tap.holding("storm").length);
    console.log(
      `${count} broadcasts in ${seconds.toFixed(2)} s: ${came} flooded, ${JSON.stringify(drops)}`,
    );
    expect(came).toBeLessThanOrEqual(Math.ceil(perSecond * (seconds + 0.5)) + perSecond / 10);
    // All of them but what the kernel dropped because the loop was late.
    expect(came + (drops["flood-limited"] ?? 0)).toBeLessThanOrEqual(count + NOISE);
    expect(drops["flood-limited"]).toBeGreaterThan(perSecond);
    await expectCopiesBalanced(lab);
    await mustReach(b, far);
  },
);

/** A number once it has stopped to grow. */
async function settled(ask: () => number): Promise<number> {
  let last = -1;
  return await waitFor("settled", ask, (now) => {
    const same = now === last;
    last = now;
    return same;
  });
}
