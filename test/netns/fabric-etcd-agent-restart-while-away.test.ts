import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import { fabricNode, joinFabric, untilConnected, untilTold } from "../fixtures/fabric-etcd.ts";
import { etcdScenario } from "../fixtures/fabric-etcd-scenario.ts";
import { waitFor } from "../fixtures/wait.ts";

const LEASE = 9;
const TITLE =
  "An agent that starts while the store is away takes a store that comes back empty for complete" +
  " only when the others had the time to write their entries again";

etcdScenario(TITLE, { timeoutMs: 60_000 }, async (etcd, scope) => {
  const [member] = etcd.members;
  const b = await joinFabric(scope, etcd, fabricNode("b", 2), { leaseSeconds: LEASE });
  await untilConnected(b);
  // Nothing had failed before it read: that is complete at once.
  expect(b.told).toEqual(["synchronised"]);

  await member?.kill();
  const a = await joinFabric(scope, etcd, fabricNode("a", 1), { leaseSeconds: LEASE });
  const refused = () => a.driver.status().lastError;
  await waitFor("a failed attempt", refused, (text) => text !== "");
  rmSync(join(scope.dir, "etcd0"), { recursive: true });
  await member?.start();
  await untilConnected(a);
  const connected = performance.now();
  await untilTold(a, "b", fabricNode("b", 2));
  expect(a.driver.status().synchronisedAt).toBe(0);
  await waitFor(
    "the end",
    () => a.told,
    (told) => told.includes("synchronised"),
    LEASE * 2000,
  );
  const ms = Math.round(performance.now() - connected);
  await delay(500);
  expect(a.told).toEqual(["changed b", "synchronised"]);
  expect(b.told.filter((call) => call.startsWith("gone"))).toEqual([]);
  console.log(`complete ${ms} ms after it was connected`);
});
