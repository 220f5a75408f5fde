import { expect } from "vitest";
import {
  ipBatch,
  kernelRoutes,
  manyPrefix,
  mirroredRoutes,
  mirroredTotal,
} from "../fixtures/routes.ts";
import { scenario } from "../fixtures/scenario.ts";
import { connectUplink, restartWith, uplinkedNetwork } from "../fixtures/uplink.ts";
import { waitFor } from "../fixtures/wait.ts";

const TABLE = 1000;
const ROUTES = 120_000;
const KINDS = ["blackhole", "unreachable", "prohibit"] as const;

scenario(
  "After the kernel has dropped messages the agent has exactly the routes of the kernel again",
  { timeoutMs: 240_000 },
  async (lab) => {
    const far = await connectUplink(lab);
    await restartWith(lab, [uplinkedNetwork([far.uplink], { mirror: { table: TABLE } })]);
    const via = `via ${far.ip4} dev ${far.uplink} table ${TABLE}`;
    const add = (i: number) => `route add ${manyPrefix(i)} ${via}`;
    const few = 1000;
    await ipBatch(
      lab.node,
      Array.from({ length: few }, (_, i) => add(i)),
    );
    await waitFor(
      "the first routes",
      () => mirroredTotal(lab),
      (total) => total === few,
    );
    const before = await lab.agent.client.mirror();

    process.kill(lab.agent.pid, "SIGSTOP");
    const started = performance.now();
    await ipBatch(lab.node, [
      ...Array.from({ length: ROUTES - few }, (_, i) => add(few + i)),
      // Among what was known before: some go, some become another kind, some lead elsewhere.
      ...Array.from({ length: 100 }, (_, i) => `route del ${manyPrefix(i)} table ${TABLE}`),
      ...Array.from({ length: 300 }, (_, i) => {
        const kind = KINDS[i % KINDS.length];
        return `route replace ${kind} ${manyPrefix(200 + i)} table ${TABLE}`;
      }),
      ...Array.from({ length: 200 }, (_, i) => {
        const elsewhere = `via 10.99.0.3 dev ${far.uplink} table ${TABLE}`;
        return `route replace ${manyPrefix(600 + i)} ${elsewhere}`;
      }),
    ]);
    const burstMs = Math.round(performance.now() - started);
    process.kill(lab.agent.pid, "SIGCONT");
    const woken = performance.now();
    const wanted = await kernelRoutes(lab.node, TABLE);
    expect(wanted).toHaveLength(ROUTES - 100);
    await waitFor(
      "all routes",
      () => mirroredTotal(lab),
      (total) => total === wanted.length,
      60_000,
    );
    const ms = Math.round(performance.now() - woken);
    // What is the same in number may still be on its way.
    const differing = async () => {
      const known = new Set(await mirroredRoutes(lab));
      return wanted.filter((route) => !known.has(route)).slice(0, 5);
    };
    await waitFor("the same routes", differing, (some) => some.length === 0, 30_000);
    expect((await mirroredRoutes(lab)).length).toBe(wanted.length);
    const after = await lab.agent.client.mirror();
    console.log(
      `${ROUTES + 500} changes in ${burstMs} ms while the agent stood still;` +
        ` ${after.overruns - before.overruns} overruns, ${after.resyncs - before.resyncs} resyncs,` +
        ` the last took ${after.resyncMs.toFixed(0)} ms; equal after ${ms} ms`,
    );
    expect(after.overruns).toBeGreaterThanOrEqual(before.overruns + 1);
    expect(after.resyncs).toBeGreaterThan(before.resyncs);
  },
);
