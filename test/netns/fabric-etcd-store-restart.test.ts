import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import { fabricNode, joinFabric, untilConnected, untilTold } from "../fixtures/fabric-etcd.ts";
import { etcdScenario } from "../fixtures/fabric-etcd-scenario.ts";

const LEASE = 5;
const AWAY_MS = 10_000;
const TITLE = "A store that is killed and started again keeps everything and catches up";

etcdScenario(TITLE, { timeoutMs: 90_000 }, async (etcd, scope) => {
  const [member] = etcd.members;
  const a = await joinFabric(scope, etcd, fabricNode("a", 1), { leaseSeconds: LEASE });
  const b = await joinFabric(scope, etcd, fabricNode("b", 2, 20), { leaseSeconds: LEASE });
  await untilTold(a, "b", fabricNode("b", 2, 20));
  const calls = a.told.length;

  await member?.kill();
  await untilConnected(a, false);
  b.driver.publish(fabricNode("b", 2, 10));
  await delay(AWAY_MS);
  expect(a.told.slice(calls)).toEqual([]);
  // It starts without a store, too.
  const c = await joinFabric(scope, etcd, fabricNode("c", 3), { leaseSeconds: LEASE });
  expect(c.told).toEqual([]);

  await member?.start();
  const started = performance.now();
  await untilTold(a, "b", fabricNode("b", 2, 10), 20_000);
  await untilTold(a, "c", fabricNode("c", 3), 20_000);
  await untilTold(c, "b", fabricNode("b", 2, 10), 20_000);
  const ms = Math.round(performance.now() - started);
  expect(a.told.filter((call) => call.startsWith("gone"))).toEqual([]);
  expect(a.told.slice(calls).filter((call) => call === "synchronised")).toHaveLength(1);
  console.log(`after a restart of the store all was told within ${ms} ms`);
});
