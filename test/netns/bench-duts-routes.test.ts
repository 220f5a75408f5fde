import { expect } from "vitest";
import { duts } from "../../bench/duts/list.ts";
import { isRouted, otherPrefix } from "../../bench/duts/routed.ts";
import type { Endpoint } from "../../bench/trial/types.ts";
import { forwardOne } from "../fixtures/bench-duts.ts";
import { bareScenario } from "../fixtures/scenario.ts";
import { must } from "../harness/run.ts";

const MANY = 2000;
const FEW = 10;
/** The agent attaches an uplink that has come at its next reconciliation. */
const TIMEOUT_MS = 180_000;

for (const name of ["kernel-route", "xdp-forward", "millrace"]) {
  const kind = duts.find((one) => one.name === name);
  bareScenario(
    `${name} forwards beside ${MANY} other routes, and gives them back`,
    { timeoutMs: TIMEOUT_MS, lacks: async () => (await kind?.missing()) ?? "" },
    async (scope) => {
      const dut = await kind?.start(scope, "route");
      if (!dut || !isRouted(dut)) throw new Error(`${name} has no table that can be filled`);
      const before = await countRoutes(dut.lane.tx);
      await dut.routes(MANY);
      expect((await countRoutes(dut.lane.tx)) - before).toBe(MANY);
      await dut.prepare(dut.placements("skb")[0] ?? "");
      const { arrived } = await forwardOne(dut.lane);
      expect(arrived.length).toBeGreaterThan(0);
      await dut.routes(FEW);
      expect((await countRoutes(dut.lane.tx)) - before).toBe(FEW);
    },
  );
}

/** Of those that `routes` makes, in the kernel beside the sender. */
async function countRoutes({ netns }: Endpoint): Promise<number> {
  const dut = netns?.replace(/-sender$/, "-dut") ?? "";
  const all = await must("ip", ["-n", dut, "route", "show", "table", "all"]);
  const prefixes = new Set(Array.from({ length: MANY }, (_, at) => otherPrefix(at)));
  const shown = (line: string) => line.split(" ")[0]?.replace(/^([\d.]+)$/, "$1/32") ?? "";
  return all.split("\n").filter((line) => prefixes.has(shown(line))).length;
}
