import { expect, test } from "vitest";
import { Contest } from "./contest.ts";

const sample = (pps: number, doubtful = false) => {
  return { pps, offered: pps, disturbance: doubtful ? 0.5 : 0, doubtful };
};

test("the best placement is the one with the best median, not the best sample", () => {
  const contest = new Contest(["steady", "lucky"]);
  for (const pps of [100, 100, 100]) contest.add("steady", sample(pps));
  for (const pps of [90, 90, 300]) contest.add("lucky", sample(pps));
  expect(contest.best()).toEqual({ placement: "steady", rates: [100, 100, 100] });
});

test("placements far behind are dropped, close ones and disturbed ones are not", () => {
  const contest = new Contest(["best", "close", "far", "disturbed"]);
  contest.add("best", sample(100));
  contest.add("close", sample(80));
  contest.add("far", sample(50));
  contest.add("disturbed", sample(50, true));
  contest.dropHopeless();
  expect(contest.placements).toEqual(["best", "close", "disturbed"]);
});
