import { setTimeout as delay } from "node:timers/promises";
import type { Etcd3 } from "etcd3";
import { expect } from "vitest";
import { encodeNode } from "../../src/fabric/etcd-codec.ts";
import type { FabricNode } from "../../src/fabric/fabric.ts";
import {
  fabricNode,
  joinFabric,
  PREFIX,
  untilConnected,
  untilTold,
} from "../fixtures/fabric-etcd.ts";
import { etcdScenario } from "../fixtures/fabric-etcd-scenario.ts";

const LEASE = 6;
const TITLE =
  "A node that the store lost is kept as long as the store is away again, and then forgotten" +
  " unless it came back";

etcdScenario(TITLE, { timeoutMs: 90_000 }, async (etcd, scope) => {
  const [member] = etcd.members;
  const [b, c] = [fabricNode("b", 2), fabricNode("c", 3)];
  const store = await etcd.client();
  await write(store, b, c);
  const a = await joinFabric(scope, etcd, fabricNode("a", 1), { leaseSeconds: LEASE });
  await untilTold(a, "c", c);
  await untilConnected(a);

  await member?.kill();
  await untilConnected(a, false);
  await member?.start();
  await untilConnected(a);
  await store.delete().prefix(`${PREFIX}/`);
  // Longer than a deletion takes to be seen, and shorter than the time for which both are held.
  await delay(1000);
  await member?.kill();
  await untilConnected(a, false);
  await delay(LEASE * 1500);
  expect([...a.nodes.keys()].sort()).toEqual(["b", "c"]);

  await member?.start();
  await untilConnected(a);
  await write(store, b);
  await untilTold(a, "c", null, LEASE * 2000);
  await delay(1000);
  expect(a.told.filter((call) => call.startsWith("gone"))).toEqual(["gone c"]);
});

/** As their agents would, but without leases. */
async function write(store: Etcd3, ...nodes: FabricNode[]): Promise<void> {
  for (const [key, value] of nodes.flatMap((node) => [...encodeNode(PREFIX, node)])) {
    await store.put(key).value(value);
  }
}
