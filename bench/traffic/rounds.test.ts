import { expect, test } from "vitest";
import type { RunTrial } from "../trial/types.ts";
import type { Forwarder, ForwarderName } from "./forwarder.ts";
import { smallFrames } from "./load.ts";
import { runRounds } from "./rounds.ts";

/** A forwarder that reaches `rates[placement]`, and notes what is done with it. */
function fake(subject: ForwarderName, rates: Record<string, number>, log: string[]) {
  let at = "";
  const run: RunTrial = () => Promise.reject(new Error("not measured"));
  const forwarder: Forwarder = {
    subject,
    description: "",
    run,
    placements: () => Object.keys(rates),
    async prepare(placement) {
      at = placement;
      log.push(`${subject} ${placement}`);
    },
    async rest() {
      at = "";
    },
  };
  const take = () => ({ pps: rates[at] as number, offered: 0, disturbance: 0, doubtful: false });
  return { forwarder, take };
}

const loads = new Map([["load", smallFrames("skb", 1, 1)]]);

function start(log: string[], rounds: number, signal = new AbortController().signal) {
  const millrace = fake("millrace", { own: 100 }, log);
  const kernel = fake("kernel", { slow: 10, good: 80, better: 90 }, log);
  const takers = new Map([millrace, kernel].map(({ forwarder, take }) => [forwarder.run, take]));
  return runRounds([millrace.forwarder, kernel.forwarder], loads, {
    rounds,
    signal,
    take: async (run) => (takers.get(run) as typeof kernel.take)(),
    onSample: () => {},
  });
}

test("the order rotates and a hopeless placement is tried once", async () => {
  const log: string[] = [];
  await start(log, 2);
  expect(log).toEqual([
    ...["millrace own", "kernel slow", "kernel good", "kernel better"],
    ...["kernel good", "kernel better", "millrace own"],
  ]);
});

test("each subject scores at its best placement, one rate per round", async () => {
  const scores = (await start([], 3)).get("load");
  expect(scores?.get("millrace")?.rates).toEqual([100, 100, 100]);
  expect(scores?.get("kernel")?.placement).toBe("better");
  expect(scores?.get("kernel")?.rates).toEqual([90, 90, 90]);
});

test("an interrupted run takes no further sample", async () => {
  const log: string[] = [];
  const interrupted = AbortSignal.abort(new Error("enough"));
  await expect(start(log, 1, interrupted)).rejects.toThrow("enough");
  expect(log).toEqual([]);
});
