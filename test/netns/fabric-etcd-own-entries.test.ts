import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import {
  fabricNode,
  joinFabric,
  PREFIX,
  untilConnected,
  untilTold,
} from "../fixtures/fabric-etcd.ts";
import { etcdScenario } from "../fixtures/fabric-etcd-scenario.ts";
import { waitFor } from "../fixtures/wait.ts";

const LEASE = 4;
const NODE = `${PREFIX}/nodes/b`;
const TITLE =
  "Entries of ours that somebody deletes, or a lease that somebody ends, are written again";

etcdScenario(TITLE, {}, async (etcd, scope) => {
  const store = await etcd.client();
  const a = await joinFabric(scope, etcd, fabricNode("a", 1), { leaseSeconds: LEASE });
  const b = await joinFabric(scope, etcd, fabricNode("b", 2, 150), { leaseSeconds: LEASE });
  await untilTold(a, "b", fabricNode("b", 2, 150));
  await untilConnected(b);
  const keys = () => store.getAll().prefix(`${PREFIX}/endpoints/4789-100/b/`).keys();

  await store.delete().prefix(`${PREFIX}/endpoints/4789-100/b/02:00:00:00:02:1`);
  await waitFor("all endpoints again", keys, (all) => all.length === 150);
  await untilTold(a, "b", fabricNode("b", 2, 150));

  const { leases } = await store.leaseClient.leaseLeases();
  expect(leases).toHaveLength(2);
  for (const { ID } of leases) await store.leaseClient.leaseRevoke({ ID });
  expect(await keys()).toHaveLength(0);
  await waitFor("all endpoints again", keys, (all) => all.length === 150, 10_000);
  await untilTold(a, "b", fabricNode("b", 2, 150));
  await untilTold(b, "a", fabricNode("a", 1));
  // The new leases are kept, too.
  await delay(LEASE * 1500);
  expect(await keys()).toHaveLength(150);
  await untilConnected(a);

  // What somebody writes is left to him and reported: it might be a second node of that name.
  await store.put(NODE).value("{}");
  await waitFor("a warning", b.log, (text) => text.includes("somebody else writes our entries"));
  expect(await store.get(NODE).string()).toBe("{}");
  expect(a.nodes.get("b")).toEqual(fabricNode("b", 2, 150));

  // Closed, it leaves everything to its lease.
  await b.close();
  expect(await keys()).toHaveLength(150);
  await waitFor("the end of the lease", keys, (all) => all.length === 0, 20_000);
  await store.delete().key(NODE);
  await untilTold(a, "b", null, 20_000);
});
