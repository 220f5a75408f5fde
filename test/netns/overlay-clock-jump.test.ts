import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { addPods, mustReachEachOther } from "../fixtures/overlay.ts";
import { makeClock, whatClockLacks } from "../fixtures/overlay-clock.ts";
import { LEASE, type OverlayNode } from "../fixtures/overlay-node.ts";
import { overlayScenario } from "../fixtures/overlay-scenario.ts";
import { printConvergence, untilKnown, wholeOf } from "../fixtures/overlay-view.ts";
import { watchKnown } from "../fixtures/overlay-watch.ts";
import { waitFor } from "../fixtures/wait.ts";

const LIMIT_MS = 10_000;
const DAY_S = 86_400;

const TITLE = "A wall clock that jumps by a day, ahead or back, ends no lease and removes no entry";

const missing = whatClockLacks();
if (missing !== "") test(TITLE, (context) => context.skip(missing));
else {
  overlayScenario(TITLE, {}, async (overlay) => {
    const clock = makeClock(overlay.scope);
    const n1 = await overlay.addNode({ env: clock.env });
    const n2 = await overlay.addNode();
    const [on1, on2] = [await addPods(n1), await addPods(n2)] as const;
    const whole1 = wholeOf(n1, on1.lan.mac);
    const whole2 = wholeOf(n2, on2.lan.mac);
    await untilKnown(n1, n2.vtep, whole2, LIMIT_MS);
    await untilKnown(n2, n1.vtep, whole1, LIMIT_MS);

    const watching = [watchKnown([n1], n2.vtep), watchKnown([n2], n1.vtep)];
    for (const days of [1, -1]) {
      clock.jump(days);
      await untilItsTime(n1, days * DAY_S);
      // Longer than the lease: it would have ended by now.
      await delay(LEASE * 1500);
      expect((await n1.millrace("fabric")).connected).toBe(true);
      await mustReachEachOther(on1.blue, on2.blue);
      await mustReachEachOther(on1.lan, on2.lan);
    }
    const seen = (await Promise.all(watching.map((stop) => stop()))).flat();
    expect(seen).toEqual([`n1: ${JSON.stringify(whole2)}`, `n2: ${JSON.stringify(whole1)}`]);

    const late = await n1.addPod("lan", "late");
    const added = performance.now();
    await untilKnown(n2, n1.vtep, wholeOf(n1, on1.lan.mac, late.mac), LIMIT_MS);
    printConvergence(
      "a pod of a node whose clock is a day behind, after ADD",
      performance.now() - added,
    );
    expect(n1.agent.log()).not.toContain("etcd is away");
  });
}

/** Waits until the agent itself has the other time, by how long it believes to run. */
async function untilItsTime({ agent }: OverlayNode, seconds: number): Promise<void> {
  const ask = async () => (await agent.client.status()).uptimeSeconds;
  const isThere = (uptime: number) => Math.abs(uptime - seconds) < 300;
  await waitFor(`the agent's clock jumps by ${seconds} s`, ask, isThere, LIMIT_MS);
}
