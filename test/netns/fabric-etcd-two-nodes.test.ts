import { expect } from "vitest";
import {
  fabricNode,
  joinFabric,
  overlay,
  untilConnected,
  untilTold,
} from "../fixtures/fabric-etcd.ts";
import { etcdScenario } from "../fixtures/fabric-etcd-scenario.ts";

etcdScenario(
  "Two nodes learn of each other, and each of what the other changes",
  {},
  async (etcd, scope) => {
    const a = fabricNode("a", 1);
    const b = fabricNode("b", 2, 250);
    const memberA = await joinFabric(scope, etcd, a);
    await untilConnected(memberA);
    const memberB = await joinFabric(scope, etcd, b);
    await untilTold(memberA, "b", b);
    await untilTold(memberB, "a", a);
    expect([...memberA.nodes.keys()]).toEqual(["b"]);
    expect(memberB.told.filter((call) => call !== "synchronised")).toEqual(["changed a"]);

    const [network] = b.networks;
    const fewer = { ...b, networks: [{ ...network, endpoints: network?.endpoints.slice(0, 3) }] };
    const second = overlay(200, [{ mac: "02:00:00:00:09:09", addresses: ["10.9.0.9"] }]);
    const changed = { ...fewer, networks: [...fewer.networks, second] } as typeof b;
    memberB.driver.publish(changed);
    const ms = await untilTold(memberA, "b", changed);

    const without = { ...changed, networks: [] };
    memberB.driver.publish(without);
    await untilTold(memberA, "b", without);
    const keys = await (await etcd.client()).getAll().prefix("/millrace/v1/endpoints/").keys();
    expect(keys).toEqual(["/millrace/v1/endpoints/4789-100/a/02:00:00:00:01:00"]);
    expect(memberA.driver.status()).toMatchObject({
      ...{ driver: "etcd", connected: true, nodes: 1, rejected: [], lastError: "" },
    });
    console.log(`a change of 248 keys was told ${ms} ms after it was published`);
  },
);
