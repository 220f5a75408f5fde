import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import { fabricNode, joinFabric, PREFIX, untilTold } from "../fixtures/fabric-etcd.ts";
import { startNodeProcess } from "../fixtures/fabric-etcd-process.ts";
import { etcdScenario } from "../fixtures/fabric-etcd-scenario.ts";

const LEASE = 3;

etcdScenario(
  "A node that is killed is gone after its lease, and no earlier",
  {},
  async (etcd, scope) => {
    const a = await joinFabric(scope, etcd, fabricNode("a", 1));
    const b = fabricNode("b", 2, 30);
    const options = { endpoints: etcd.endpoints, prefix: PREFIX, leaseSeconds: LEASE };
    const kill = await startNodeProcess(scope, options, b);
    await untilTold(a, "b", b);
    // Longer than the lease: it is kept.
    await delay(LEASE * 1500);
    expect(a.told).not.toContain("gone b");

    await kill();
    const ms = await untilTold(a, "b", null, 20_000);
    // A third of the lease at most had passed since it was renewed.
    expect(ms).toBeGreaterThan((LEASE * 1000 * 2) / 3 - 500);
    expect(ms).toBeLessThan(LEASE * 1000 + 3000);
    expect(a.told.filter((call) => call.startsWith("gone"))).toEqual(["gone b"]);
    expect(await (await etcd.client()).getAll().prefix(PREFIX).keys()).toHaveLength(2);
    console.log(`a node with a lease of ${LEASE} s was gone ${ms} ms after kill -9`);
  },
);
