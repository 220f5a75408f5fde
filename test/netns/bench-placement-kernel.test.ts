import { expect } from "vitest";
import type { Dut } from "../../bench/duts/dut.ts";
import { kernelRoute } from "../../bench/duts/kernel-route.ts";
import { Tester } from "../../bench/trial/tester.ts";
import { bareScenario } from "../fixtures/scenario.ts";
import { ofProcesses } from "../harness/proc.ts";

const sizes = [{ bytes: 64, weight: 1 }];
const load = { sizes, flows: 1, rate: 20_000, seconds: 0.5 } as const;
/** Of a thread that was handed 10 000 packets, at the least. */
const busyMs = 3;

for (const source of ["skb", "frame"] as const) {
  bareScenario(
    `With threaded NAPI the kernel forwards in a thread of its own, from source ${source} too`,
    { needs: ["ethtool"] },
    async (scope) => {
      const dut = await kernelRoute.start(scope);
      const { run } = await Tester.open(scope, dut.lane);
      const used = async (placement: string) => {
        await dut.prepare(placement);
        const before = napiMs();
        await run({ ...load, source });
        return napiMs() - before;
      };
      expect(await used(named(dut, source, /^threaded NAPI/))).toBeGreaterThan(busyMs);
      expect(await used(named(dut, source, /NAPI \(GRO on\)$/))).toBeLessThan(busyMs);
    },
  );
}

function named(dut: Dut, source: "skb" | "frame", words: RegExp): string {
  return dut.placements(source).find((name) => words.test(name)) ?? "";
}

/** CPU time of all threads of this kind; those of others are another test's. */
function napiMs(): number {
  const ids = ofProcesses("comm").flatMap(({ id, text }) =>
    text.startsWith("napi/in0-") ? [id] : [],
  );
  const used = ofProcesses("schedstat").filter(({ id }) => ids.includes(id));
  return used.reduce((sum, { text }) => sum + Number(text.split(" ")[0]), 0) / 1e6;
}
