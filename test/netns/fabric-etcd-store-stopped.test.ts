import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import { fabricNode, joinFabric, untilConnected, untilTold } from "../fixtures/fabric-etcd.ts";
import { etcdScenario } from "../fixtures/fabric-etcd-scenario.ts";

const LEASE = 6;
const AWAY_MS = 14_000;
const TITLE =
  "A store that answers nothing for longer than the leases, and then ends them all, loses nobody";

etcdScenario(TITLE, { timeoutMs: 90_000 }, async (etcd, scope) => {
  const a = await joinFabric(scope, etcd, fabricNode("a", 1), { leaseSeconds: LEASE });
  const b = await joinFabric(scope, etcd, fabricNode("b", 2, 150), { leaseSeconds: LEASE });
  await untilTold(a, "b", fabricNode("b", 2, 150));
  await untilTold(b, "a", fabricNode("a", 1));
  const calls = a.told.length;

  etcd.members[0]?.pause();
  // It is in the store's socket and will be done when it goes on, perhaps after what comes later.
  b.driver.publish(fabricNode("b", 2, 100));
  await untilConnected(a, false);
  expect(a.driver.status().lastError).toContain(etcd.endpoints[0]);
  const later = fabricNode("b", 2, 151);
  b.driver.publish(later);
  await delay(AWAY_MS);
  expect(a.told.slice(calls)).toEqual([]);
  expect(a.driver.status()).toMatchObject({ connected: false, nodes: 1 });

  etcd.members[0]?.resume();
  const ms = await untilTold(a, "b", later, 20_000);
  await untilConnected(a);
  await delay(LEASE * 1500);
  expect(a.told.filter((call) => call.startsWith("gone"))).toEqual([]);
  expect(b.told.filter((call) => call.startsWith("gone"))).toEqual([]);
  expect(a.nodes.get("b")).toEqual(later);
  expect(a.driver.status()).toMatchObject({ connected: true, nodes: 1, lastError: "" });
  const keys = (await etcd.client()).getAll().prefix("/millrace/v1/endpoints/4789-100/b/").keys();
  expect(await keys).toHaveLength(151);
  console.log(`what was published while the store was stopped was told ${ms} ms after it went on`);
});
