import { expect } from "vitest";
import { must } from "../../harness/run.ts";
import { expectAsBefore, findVf, stateOf } from "../fixtures/life-cycle.ts";
import { ifnameOf, pfsOf } from "../fixtures/pci.ts";
import { guestScenario } from "../fixtures/scenario.ts";
import { expectCleanStart, expectNothingLeft, openVfLab, stateFiles } from "../fixtures/vf-lab.ts";
import { type Random, VfStorm } from "../fixtures/vf-storm.ts";
import { createVfs } from "../fixtures/vfs.ts";

const VFS_EACH = 7;
const CALLS = 500;
const LIFE = { least: 20, more: 100 };
const LIMIT_MS = 10 * 60_000;

/** A run can be repeated with MILLRACE_TEST_SEED, but for what its processes make of it. */
const seed = Number(process.env["MILLRACE_TEST_SEED"] ?? Date.now() % 1_000_000);

guestScenario(
  `${CALLS} random calls, four at a time, and kill -9 of the agent leak no VF (seed ${seed})`,
  async (scope) => {
    console.log(`MILLRACE_TEST_SEED=${seed}`);
    const random = randomFrom(seed);
    const addresses = (
      await Promise.all(pfsOf("igb").map((pf, n) => createVfs(scope, pf, VFS_EACH, macsFor(n))))
    ).flat();
    const vfs = await Promise.all(addresses.map(findVf));
    // Some are up on the node, and are to be so again.
    for (const address of addresses.slice(0, 3)) {
      await must("ip", ["link", "set", ifnameOf(address), "up"]);
    }
    const before = await Promise.all(vfs.map(stateOf));
    console.log(`${Math.round(process.uptime())} s: ${vfs.length} VFs`);
    const lab = await openVfLab(scope);
    const files = stateFiles(lab);
    const storm = await VfStorm.open(lab, vfs, random);
    let deaths = 0;
    for (; storm.total < CALLS; deaths++) {
      await storm.playLife(LIFE.least + Math.floor(random() * LIFE.more));
      await lab.restart();
      await expectCleanStart(lab);
      await storm.expectAsKnown();
      console.log(`${Math.round(process.uptime())} s: ${JSON.stringify(storm.calls)}`);
    }
    await storm.removeAll();
    console.log(JSON.stringify({ ...storm.calls, deaths }));
    for (const [n, vf] of vfs.entries()) await expectAsBefore(vf, before[n] as (typeof before)[0]);
    await expectNothingLeft(lab);
    expect(stateFiles(lab)).toEqual(files);
  },
  () => "",
  LIMIT_MS,
);

const macsFor = (pf: number) => ({
  macs: Array.from({ length: VFS_EACH }, (_, n) => `52:54:0${pf}:00:00:0${n + 1}`),
});

/** The same numbers for the same seed: a linear congruential generator. */
function randomFrom(start: number): Random {
  let state = start % 2_147_483_647 || 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
