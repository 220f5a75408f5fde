import { expect, test } from "vitest";
import { endpointKey, networkId, nodeKey, parseKey, rangeOf } from "./etcd-keys.ts";

const PREFIX = "/millrace/v1";
const MAC = "02:00:00:00:00:01";

test("A key says again what it was made of", () => {
  const network = networkId({ udpPort: 8472, vni: 16777215 });
  const node = "worker-1.example";
  expect(parseKey(PREFIX, nodeKey(PREFIX, node))).toEqual({ kind: "node", node });
  const key = endpointKey(PREFIX, { network, node, mac: MAC.toUpperCase() });
  expect(key).toBe(`/millrace/v1/endpoints/8472-16777215/worker-1.example/${MAC}`);
  expect(parseKey(PREFIX, key)).toEqual({ kind: "endpoint", network, node, mac: MAC });
});

test.each([
  "",
  "a/b",
  "-a",
  "a-",
  "ä",
  "a".repeat(256),
])("No key holds the node name %j", (name) => {
  expect(() => nodeKey(PREFIX, name)).toThrow(/node name .*accepted: 1 to 253 letters/);
});

test.each([
  "",
  "02:00:00:00:00",
  "01:00:5e:00:00:01",
  "02-00-00-00-00-01",
  "00:00:00:00:00:00",
])("No key holds the MAC address %j", (mac) => {
  const parts = { network: "4789-1", node: "a", mac };
  expect(() => endpointKey(PREFIX, parts)).toThrow(/accepted: a unicast MAC address/);
});

test.each([
  "nodes/",
  "nodes/a/b",
  "endpoints/4789-1/a",
  "endpoints/4789/a/02:00:00:00:00:01",
  "endpoints/4789-1/a/02:00:00:00:00:0A",
  "endpoints/4789-1/a/00:00:00:00:00:00",
  "endpoints/4789-0/a/02:00:00:00:00:01",
  "endpoints/4789-01/a/02:00:00:00:00:01",
  "endpoints/4789-16777216/a/02:00:00:00:00:01",
  "endpoints/65536-1/a/02:00:00:00:00:01",
])("The key %s is no good", (key) => {
  expect(() => parseKey(PREFIX, `${PREFIX}/${key}`)).toThrow(/^key: accepted: /);
});

test("Keys of other kinds and prefixes are passed over", () => {
  expect(parseKey(PREFIX, "/millrace/v1/leases/a")).toBeNull();
  expect(parseKey(PREFIX, "/millrace/v2/nodes/a")).toBeNull();
});

test("The range has what is below the prefix, and not its neighbours", () => {
  const { key, range_end } = rangeOf(PREFIX);
  const inside = (text: string) =>
    Buffer.compare(Buffer.from(text), key) >= 0 && Buffer.compare(Buffer.from(text), range_end) < 0;
  expect(["/millrace/v1/", "/millrace/v1/nodes/a", "/millrace/v1/\xff"].map(inside)).toEqual([
    true,
    true,
    true,
  ]);
  expect(["/millrace/v1", "/millrace/v10/nodes/a", "/millrace/v1-old"].map(inside)).toEqual([
    false,
    false,
    false,
  ]);
});
