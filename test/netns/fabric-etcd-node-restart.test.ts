import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import { fabricNode, joinFabric, PREFIX, untilTold } from "../fixtures/fabric-etcd.ts";
import { startNodeProcess } from "../fixtures/fabric-etcd-process.ts";
import { etcdScenario } from "../fixtures/fabric-etcd-scenario.ts";

const LEASE = 4;
const TITLE =
  "A node that is killed and comes back within its lease never flickers, and what it no longer has goes";

etcdScenario(TITLE, {}, async (etcd, scope) => {
  const a = await joinFabric(scope, etcd, fabricNode("a", 1));
  const before = fabricNode("b", 2, 230);
  const after = fabricNode("b", 2, 220);
  const options = { endpoints: etcd.endpoints, prefix: PREFIX, leaseSeconds: LEASE };
  const kill = await startNodeProcess(scope, options, before);
  await untilTold(a, "b", before);
  const calls = a.told.length;

  await kill();
  await startNodeProcess(scope, options, after);
  await untilTold(a, "b", after);
  // Until the first lease has ended: nothing may depend on it any more.
  await delay(LEASE * 1000 + 2000);
  await untilTold(a, "b", after);
  const since = a.told.slice(calls);
  // The old endpoints go in one transaction, and nothing else changes.
  expect(since).toEqual(["changed b"]);
});
