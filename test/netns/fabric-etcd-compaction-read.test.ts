import { expect } from "vitest";
import {
  fabricNode,
  joinFabric,
  PREFIX,
  untilConnected,
  untilTold,
} from "../fixtures/fabric-etcd.ts";
import { writeFabric } from "../fixtures/fabric-etcd-many.ts";
import { etcdScenario } from "../fixtures/fabric-etcd-scenario.ts";
import { waitFor } from "../fixtures/wait.ts";

const TITLE =
  "History that is compacted while pages are read is replaced by reading everything again";

etcdScenario(TITLE, {}, async (etcd, scope) => {
  const store = await etcd.client();
  // Several pages, so that the reading takes a while.
  await writeFabric(store, PREFIX, { nodes: 200, endpoints: 8000 });
  let stop = false;
  const storm = (async () => {
    for (let i = 0; !stop; i++) {
      const { header } = await store.put(`${PREFIX}/other`).value(String(i));
      await store.kv.compact({ revision: header.revision });
    }
  })();
  scope.cleanup.defer(async () => {
    stop = true;
    await storm;
  });
  const a = await joinFabric(scope, etcd, fabricNode("a", 1));
  const error = () => a.driver.status().lastError;
  const seen = await waitFor("history that is gone", error, (text) => text.includes("compacted"));
  stop = true;
  await storm;
  await untilConnected(a);
  expect(a.driver.status()).toMatchObject({ nodes: 200, rejected: [], lastError: "" });
  await joinFabric(scope, etcd, fabricNode("b", 2));
  await untilTold(a, "b", fabricNode("b", 2));
  expect(a.told.filter((call) => call.startsWith("gone"))).toEqual([]);
  console.log(`seen on the way: ${seen}`);
});
