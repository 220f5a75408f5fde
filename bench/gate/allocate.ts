// How many bytes of the heap the hot paths in TypeScript take for one operation. To be run by
// allocations.ts, with a young generation that holds all of it and with V8's interpreter alone:
// what its compilers find not to be needed, and when, is not the same in each run.
import { getHeapStatistics } from "node:v8";
import { openScope } from "../../test/harness/scope.ts";
import type { MicroCase } from "../micro/case.ts";
import { cniPlan } from "../micro/cni-plan.ts";
import { configParse } from "../micro/config-parse.ts";
import { countersRead } from "../micro/counters-read.ts";
import { fibDiff } from "../micro/fib-diff.ts";
import { ipamReserve } from "../micro/ipam-reserve.ts";
import { metricsScrape } from "../micro/metrics-scrape.ts";
import { resultConvert } from "../micro/result-convert.ts";
import { traceRender } from "../micro/trace-render.ts";

/** With as many operations as even out what V8 itself allocates, and fit the young generation. */
const cases: readonly (readonly [MicroCase, times: number])[] = [
  [configParse, 20],
  [cniPlan, 100],
  [ipamReserve, 200],
  [fibDiff, 2],
  [countersRead, 100],
  [metricsScrape, 5],
  [resultConvert, 5000],
  [traceRender, 5000],
];

async function repeat(operation: () => unknown, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    const result = operation();
    if (result instanceof Promise) await result;
  }
}

await using scope = await openScope("gate", { catchSignals: true });
const perOperation: Record<string, number> = {};
for (const [{ name, prepare }, times] of cases) {
  const operation = await prepare(scope);
  await repeat(operation, times);
  globalThis.gc?.();
  const before = getHeapStatistics().used_heap_size;
  await repeat(operation, times);
  perOperation[name] = Math.round((getHeapStatistics().used_heap_size - before) / times);
}
const { arch, versions } = process;
console.log(JSON.stringify({ madeWith: { node: versions.node, machine: arch }, perOperation }));
