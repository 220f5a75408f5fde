import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import {
  fabricNode,
  joinFabric,
  PREFIX,
  untilConnected,
  untilTold,
} from "../fixtures/fabric-etcd.ts";
import { startNodeProcess } from "../fixtures/fabric-etcd-process.ts";
import { etcdScenario } from "../fixtures/fabric-etcd-scenario.ts";

const LEASE = 6;
const TITLE =
  "A store that comes back empty is filled again; only a node that died with it is gone";

etcdScenario(TITLE, { timeoutMs: 90_000 }, async (etcd, scope) => {
  const [member] = etcd.members;
  const a = await joinFabric(scope, etcd, fabricNode("a", 1), { leaseSeconds: LEASE });
  const b = await joinFabric(scope, etcd, fabricNode("b", 2, 150), { leaseSeconds: LEASE });
  const options = { endpoints: etcd.endpoints, prefix: PREFIX, leaseSeconds: LEASE };
  const kill = await startNodeProcess(scope, options, fabricNode("c", 3));
  await untilTold(a, "b", fabricNode("b", 2, 150));
  await untilTold(a, "c", fabricNode("c", 3));
  const calls = a.told.length;

  await Promise.all([member?.kill(), kill()]);
  await untilConnected(a, false);
  rmSync(join(scope.dir, "etcd0"), { recursive: true });
  await member?.start();
  await untilConnected(a);
  await untilConnected(b);
  const ms = await untilTold(a, "c", null, 20_000);
  await delay(1000);
  expect(a.nodes.get("b")).toEqual(fabricNode("b", 2, 150));
  expect(a.told.slice(calls).filter((call) => call !== "synchronised")).toEqual(["gone c"]);
  const keys = await (await etcd.client()).getAll().prefix(PREFIX).keys();
  expect(keys).toHaveLength(2 + 151);
  console.log(`the dead node was gone ${ms} ms after the empty store was connected`);
});
