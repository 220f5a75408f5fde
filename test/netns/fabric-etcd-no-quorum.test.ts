import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import { fabricNode, joinFabric, untilConnected, untilTold } from "../fixtures/fabric-etcd.ts";
import { etcdScenario } from "../fixtures/fabric-etcd-scenario.ts";

const LEASE = 6;
const TITLE =
  "A member of the store that is cut off from the others is not believed, and nobody is lost";

etcdScenario(TITLE, { members: 3, timeoutMs: 120_000 }, async (etcd, scope) => {
  const alone = { endpoints: etcd.endpoints.slice(0, 1), leaseSeconds: LEASE };
  const a = await joinFabric(scope, etcd, fabricNode("a", 1), alone);
  const b = await joinFabric(scope, etcd, fabricNode("b", 2), { leaseSeconds: LEASE });
  await untilTold(a, "b", fabricNode("b", 2));
  await untilTold(b, "a", fabricNode("a", 1));
  const calls = a.told.length;

  const others = etcd.members.slice(1);
  for (const member of others) member.pause();
  await untilConnected(a, false);
  await untilConnected(b, false);
  b.driver.publish(fabricNode("b", 2, 5));
  await delay(LEASE * 1500);
  expect(a.told.slice(calls)).toEqual([]);
  expect(a.driver.status()).toMatchObject({ connected: false, nodes: 1 });

  for (const member of others) member.resume();
  await untilTold(a, "b", fabricNode("b", 2, 5), 20_000);
  await untilConnected(a);
  await delay(LEASE * 1000);
  // Its member answered pings all the time, and yet it was not taken for granted.
  expect(a.told.slice(calls)).toContain("synchronised");
  for (const one of [a, b]) {
    expect(one.told.filter((call) => call.startsWith("gone"))).toEqual([]);
  }
});
