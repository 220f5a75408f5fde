import { expect } from "vitest";
import { agentLoad } from "../fixtures/cpu.ts";
import { mustReach } from "../fixtures/ping.ts";
import { scenario } from "../fixtures/scenario.ts";

// The aim is 2 % of a core, which the benchmark measures; twice that means that something spins.
const LIMIT = 0.05;
const SECONDS = 5;

scenario("An agent whose pods are silent uses less than 5 % of a core", {}, async (lab) => {
  const [a, b] = await lab.addPair();
  await mustReach(a, b);
  expect(await agentLoad(lab, SECONDS)).toBeLessThan(LIMIT);
});
