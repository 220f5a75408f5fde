import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import { duts } from "../../bench/duts/list.ts";
import { raiseSession } from "../../bench/lib/priority.ts";
import { Tester } from "../../bench/trial/tester.ts";
import { bareScenario } from "../fixtures/scenario.ts";

const sizes = [{ bytes: 200, weight: 1 }];
const flood = { source: "frame", sizes, flows: 1, rate: null, seconds: 0.4 } as const;
const trickle = { source: "frame", sizes, flows: 1, rate: 1000, seconds: 0.2 } as const;
const TIMEOUT_MS = 180_000;

// What a device has in its queues when it is stopped comes out when it goes on.
for (const name of ["openvswitch", "grout", "dpdk-l3fwd"]) {
  const kind = duts.find((one) => one.name === name);
  bareScenario(
    `${name} is stopped only when it has nothing left to forward`,
    { timeoutMs: TIMEOUT_MS, lacks: async () => (await kind?.missing()) ?? "" },
    async (scope) => {
      const dut = await kind?.start(scope, "route");
      if (!dut) throw new Error(`${name} is not in the list`);
      using _ = raiseSession();
      const { run } = await Tester.open(scope, dut.lane);
      const placement = dut.placements("frame")[0] ?? "";
      await dut.prepare(placement);
      const restSoon = delay(200).then(() => dut.rest());
      await Promise.all([run(flood).catch(ignoreStarved), restSoon]);
      await dut.prepare(placement);
      // ARP or a neighbour advertisement of the device itself is no harm.
      const after = (await run(trickle).catch(ignoreStarved)) ?? (await run(trickle));
      expect(after.other).toBeLessThan(10);
    },
  );
}

/** On a busy machine a device may be without a CPU for a whole trial. */
function ignoreStarved(error: Error): null {
  if (/^none of \d+ frames arrived/.test(error.message)) return null;
  throw error;
}
