import { expect } from "vitest";
import { fabricNode, joinFabric, PREFIX, untilTold } from "../fixtures/fabric-etcd.ts";
import { etcdScenario } from "../fixtures/fabric-etcd-scenario.ts";
import { waitFor } from "../fixtures/wait.ts";

const NODE = `${PREFIX}/nodes/b`;
const ENDPOINT = `${PREFIX}/endpoints/4789-100/b/02:00:00:00:02:00`;
const MAC = "02:00:00:00:02:00";

/** Values that somebody may have written by hand, or half. */
const BAD: [key: string, value: string, reason: RegExp][] = [
  [NODE, '{"version":1,"vteps":[{"udpPort":4789,"addr', /not JSON/],
  [NODE, "", /not JSON/],
  [NODE, '{"version":1,"vteps":[],"networks":[]}', /vteps: /],
  [NODE, '{"version":2,"vteps":[],"networks":[]}', /version: /],
  [NODE, '{"version":1,"vteps":[{"udpPort":"4789"}],"networks":[]}', /vteps\.0\.udpPort: /],
  [
    NODE,
    '{"version":1,"vteps":[{"udpPort":4789}],"networks":[]}',
    /vteps\.0: address4 or address6/,
  ],
  [ENDPOINT, '{"version":1,"addresses":["10.0.2"]}', /addresses\.0: an address like 10\.1\.0\.1/],
  [`${PREFIX}/nodes/b/c`, "{}", /accepted: nodes\/<node>/],
  [`${PREFIX}/endpoints/4789-100/b/02-00`, "{}", /accepted: endpoints/],
];

const TITLE =
  "Entries that make no sense are named with the reason, and what was known before is kept";

etcdScenario(TITLE, {}, async (etcd, scope) => {
  const store = await etcd.client();
  const a = await joinFabric(scope, etcd, fabricNode("a", 1));
  const b = fabricNode("b", 2, 2);
  const written = await joinFabric(scope, etcd, b);
  await untilTold(a, "b", b);
  await written.close();
  const calls = a.told.length;
  const good = { [NODE]: await read(NODE), [ENDPOINT]: await read(ENDPOINT) };
  function read(key: string) {
    return store.get(key).string() as Promise<string>;
  }

  const rejected = () => a.driver.status().rejected;
  for (const [key, value, reason] of BAD) {
    await store.put(key).value(value);
    const named = () => rejected().find((one) => one.key === key)?.reason ?? "";
    await waitFor(`${key} = ${value} rejected`, named, (text) => reason.test(text));
    expect(a.nodes.get("b")).toEqual(b);
  }
  // Read whole by one that never saw a good one, it is unknown; its endpoints wait for it.
  const late = await joinFabric(scope, etcd, fabricNode("late", 9));
  await untilTold(late, "a", fabricNode("a", 1));
  expect([...late.nodes.keys()]).toEqual(["a"]);
  expect(late.driver.status().rejected.map((one) => one.key)).toContain(NODE);

  await store.put(NODE).value(good[NODE] as string);
  await store.put(ENDPOINT).value(good[ENDPOINT] as string);
  await untilTold(late, "b", b);
  await waitFor("only the keys without a node", rejected, (all) => all.length === 2);
  expect(a.told.slice(calls)).toEqual(["changed late"]);

  // The store says that they are gone: that does remove them.
  await store.delete().key(ENDPOINT);
  const [network] = b.networks;
  const rest = network?.endpoints.filter((one) => one.mac !== MAC) ?? [];
  await untilTold(a, "b", { ...b, networks: [{ ...network, endpoints: rest }] } as typeof b);
  await store.put(NODE).value("half");
  await waitFor("rejected", rejected, (all) => all.length === 3);
  await store.delete().key(NODE);
  await untilTold(a, "b", null);
  expect(rejected()).toHaveLength(2);
});
