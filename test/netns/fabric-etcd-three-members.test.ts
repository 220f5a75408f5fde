import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import { fabricNode, joinFabric, untilConnected, untilTold } from "../fixtures/fabric-etcd.ts";
import { etcdScenario } from "../fixtures/fabric-etcd-scenario.ts";

const LEASE = 10;
const TITLE =
  "Of three members of the store any one can be killed: nobody is lost, changes still flow";

etcdScenario(TITLE, { members: 3, timeoutMs: 120_000 }, async (etcd, scope) => {
  const members = [];
  for (let i = 1; i <= 4; i++) {
    members.push(await joinFabric(scope, etcd, fabricNode(`n${i}`, i), { leaseSeconds: LEASE }));
  }
  const [a, b] = members as [(typeof members)[0], (typeof members)[0]];
  for (let i = 2; i <= 4; i++) await untilTold(a, `n${i}`, fabricNode(`n${i}`, i));

  let stations = 1;
  const times: number[] = [];
  // One of them is the leader, whichever it is.
  for (const member of etcd.members) {
    await member.kill();
    b.driver.publish(fabricNode("n2", 2, ++stations));
    times.push(await untilTold(a, "n2", fabricNode("n2", 2, stations), 20_000));
    await member.start();
    for (const one of members) await untilConnected(one);
  }
  await delay(LEASE * 1000);
  for (const one of members) {
    expect(one.told.filter((call) => call.startsWith("gone"))).toEqual([]);
    expect(one.driver.status()).toMatchObject({ connected: true, nodes: 3 });
  }
  console.log(`a change was told ${times.join(", ")} ms after one of three members was killed`);
});
