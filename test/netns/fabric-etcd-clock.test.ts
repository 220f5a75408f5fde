import { setTimeout as delay } from "node:timers/promises";
import { expect, vi } from "vitest";
import { fabricNode, joinFabric, untilConnected, untilTold } from "../fixtures/fabric-etcd.ts";
import { etcdScenario } from "../fixtures/fabric-etcd-scenario.ts";

const LEASE = 3;
const DAY_MS = 86_400_000;
const TITLE =
  "A wall clock that jumps by days ends no lease, no connection and no attempt to connect";

etcdScenario(TITLE, { timeoutMs: 90_000 }, async (etcd, scope) => {
  const [member] = etcd.members;
  const a = await joinFabric(scope, etcd, fabricNode("a", 1), { leaseSeconds: LEASE });
  const b = await joinFabric(scope, etcd, fabricNode("b", 2), { leaseSeconds: LEASE });
  await untilTold(a, "b", fabricNode("b", 2));
  await untilConnected(a);
  const start = Date.now();
  // The clock alone; timers go on as they are.
  vi.useFakeTimers({ toFake: ["Date"] });
  scope.cleanup.defer(() => void vi.useRealTimers());

  let stations = 1;
  for (const days of [3, -3, 0]) {
    vi.setSystemTime(start + days * DAY_MS);
    await delay(LEASE * 1500);
    b.driver.publish(fabricNode("b", 2, ++stations));
    await untilTold(a, "b", fabricNode("b", 2, stations), 3000);
    expect(a.driver.status()).toMatchObject({ connected: true, lastError: "" });
  }
  expect(a.told.filter((call) => call === "synchronised")).toHaveLength(1);

  await member?.kill();
  await untilConnected(a, false);
  vi.setSystemTime(start - DAY_MS);
  await member?.start();
  vi.setSystemTime(start - 2 * DAY_MS);
  await untilConnected(a);
  b.driver.publish(fabricNode("b", 2, ++stations));
  await untilTold(a, "b", fabricNode("b", 2, stations));
  expect(a.told.filter((call) => call.startsWith("gone"))).toEqual([]);
});
