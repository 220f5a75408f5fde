import { describe, expect, it } from "vitest";
import { simulate } from "../methods/simulated.ts";
import type { Load, Progress, RunTrial } from "../trial/types.ts";
import { Live, timeText } from "./live.ts";

const load: Load = { source: "skb", sizes: [], flows: 1, rate: 100_000, seconds: 2 };
const half: Progress = { seconds: 1, ofSeconds: 2, receivedPps: 99_000, lost: 3 };

/** A trial that tells once how it goes, and takes three seconds of a clock that is ours. */
function start(isTTY: boolean, quiet = false) {
  let text = "";
  let clock = 0;
  const write = (more: string) => {
    text += more;
  };
  const out = { isTTY, columns: 100, write };
  const live = new Live(out, quiet, () => clock);
  const device = simulate({ capacity: 1_000_000 });
  const run: RunTrial = async (one, onProgress) => {
    onProgress?.(half);
    clock += 3000;
    return device(one);
  };
  return { live, watched: live.watch(run), shown: () => text };
}

describe("progress", () => {
  it("is one line that changes on a terminal, with time left, rate, loss and step", async () => {
    const { live, watched, shown } = start(true);
    live.part("round 1 of 2", 1);
    live.step({ text: "NDR search", secondsLeft: 10 });
    await watched(load);
    const lines = shown().split("\r\u001b[K");
    expect(lines.at(-1)).toBe(
      "15 s left and 1 more | 1.0 of 2.0 s, 0.099 Mpps, 3 lost | round 1 of 2: NDR search",
    );
    expect(shown()).not.toContain("\n");
    live.close();
    expect(shown().endsWith("\r\u001b[K")).toBe(true);
  });

  it("learns how much longer trials take than their traffic", async () => {
    const { live, watched, shown } = start(true);
    live.step({ text: "soak", secondsLeft: 100 });
    await watched(load);
    live.step({ text: "soak", secondsLeft: 20 });
    expect(shown().endsWith("30 s left | soak")).toBe(true);
  });

  it("never wraps the line of a terminal", async () => {
    const { live, shown } = start(true);
    live.step({ text: "x".repeat(500), secondsLeft: 1 });
    expect(shown().split("\r\u001b[K").at(-1)).toHaveLength(99);
  });

  it("is a plain line per trial elsewhere", async () => {
    const { live, watched, shown } = start(false);
    live.step({ text: "NDR search", secondsLeft: 10 });
    await watched(load);
    live.close();
    expect(shown()).toBe("NDR search: 0.100 of 0.100 Mpps, nothing lost\n");
  });

  it("names the flags of a trial, and what share was lost", async () => {
    const { live, shown } = start(false);
    const watched = live.watch(simulate({ capacity: 90_000, disturbed: 0 }));
    await watched(load);
    const disturbed = live.watch(simulate({ capacity: 1_000_000, disturbed: 1 }));
    await disturbed(load);
    expect(shown()).toContain("0.090 of 0.100 Mpps, 20000 lost (10 %)\n");
    expect(shown()).toContain("nothing lost, disturbed\n");
  });

  it("is not shown when it is not wanted", async () => {
    for (const isTTY of [true, false]) {
      const { live, watched, shown } = start(isTTY, true);
      live.step({ text: "NDR search", secondsLeft: 10 });
      await watched(load);
      live.say("found");
      live.close();
      expect(shown()).toBe("");
    }
  });
});

it("times are in the unit that one would say them in", () => {
  expect([0.2, 99, 240, 7500].map(timeText)).toEqual(["1 s", "99 s", "4 min", "2 h 05 min"]);
});
