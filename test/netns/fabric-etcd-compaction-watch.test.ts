import { spawnSync } from "node:child_process";
import { expect } from "vitest";
import { etcdDriver } from "../../src/fabric/etcd.ts";
import { createLogger } from "../../src/telemetry/log.ts";
import { fabricNode, joinFabric, PREFIX } from "../fixtures/fabric-etcd.ts";
import { etcdScenario } from "../fixtures/fabric-etcd-scenario.ts";
import { waitFor } from "../fixtures/wait.ts";

/** Another process, as it has to happen while this one stands still. */
const COMPACT = `
  const { Etcd3 } = await import("etcd3");
  const client = new Etcd3({ hosts: process.argv[1] });
  await client.put("other").value("1");
  const { header } = await client.put("other").value("2");
  await client.kv.compact({ revision: header.revision });
  client.close();
`;
const TITLE = "History that is compacted between reading and watching is replaced by reading again";

etcdScenario(TITLE, {}, async (etcd, scope) => {
  const [endpoint = ""] = etcd.endpoints;
  const options = { endpoints: etcd.endpoints, prefix: PREFIX, leaseSeconds: 10 };
  const driver = etcdDriver(options, createLogger("silent"));
  scope.cleanup.defer(() => driver.close());
  const told: string[] = [];
  await driver.start(fabricNode("a", 1), {
    changed: ({ name }) => void told.push(`changed ${name}`),
    gone: (name) => void told.push(`gone ${name}`),
    synchronised() {
      // Right after the first reading.
      if (!told.includes("synchronised")) compact(endpoint);
      told.push("synchronised");
    },
  });
  const error = () => driver.status().lastError;
  const reason = "watching: the store has compacted its history up to revision";
  await waitFor("the end of the watch", error, (text) => text.includes(reason));
  await waitFor("a second watch", driver.status.bind(driver), (status) => status.connected);
  await joinFabric(scope, etcd, fabricNode("b", 2));
  await waitFor(
    "b",
    () => told,
    (calls) => calls.includes("changed b"),
  );
  expect(told.slice(0, 2)).toEqual(["synchronised", "synchronised"]);
});

function compact(endpoint: string): void {
  const args = ["--input-type=module", "-e", COMPACT, endpoint];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
}
