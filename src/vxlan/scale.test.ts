import { afterEach, expect, it } from "vitest";
import type { FabricNode } from "../fabric/fabric.ts";
import { MAX_BATCH } from "./apply.ts";
import { FakeOverlay } from "./fake-tables.ts";
import {
  type Bench,
  bench,
  bridged,
  cleanUp,
  macOf,
  newDir,
  node,
  routed,
  vtepOf,
} from "./fixture.ts";

afterEach(cleanUp);

const NODES = 1000;
const STATIONS = 50;

/** Each with 50 stations that have an address of either family, and a prefix of either family. */
function large(n: number, stations = STATIONS): FabricNode {
  const low = `${n >> 8}.${n & 255}`;
  const endpoints = Array.from({ length: stations }, (_, i) => {
    const addresses = [`172.${16 + i}.${low}`, `fd00::${n.toString(16)}:${i.toString(16)}`];
    return { mac: macOf(n, i + 1), addresses };
  });
  const prefixes = [`10.${low}.0/24`, `fd01:${n.toString(16)}::/64`];
  return node(n, { networks: [routed(n, { prefixes }), bridged(n, { endpoints })] });
}

const whole = Array.from({ length: NODES }, (_, i) => large(i + 1));
const batches = (changes: number) => Math.ceil(changes / MAX_BATCH);
const changesIn = (calls: readonly string[]) =>
  calls.reduce((sum, call) => sum + Number(call.split(" ")[2]), 0);

const FULL = {
  "peers main": NODES,
  "fdb blue": NODES,
  "neighbours blue": NODES,
  "routes blue": 2 * NODES,
  "fdb lan": NODES * STATIONS,
  "hosts lan": 2 * NODES * STATIONS,
};

const sizes = ({ tables }: Bench) =>
  Object.fromEntries(Object.keys(FULL).map((id) => [id, tables.table(id).size]));

it("1,000 nodes with 50,000 endpoints take one batch of calls", { timeout: 180_000 }, async () => {
  const dir = newDir();
  const first = await bench(dir);
  await first.tell(...whole);
  expect(sizes(first)).toEqual(FULL);
  expect(first.tables.floods.get("lan")).toHaveLength(NODES);
  const calls = Object.values(FULL).reduce((sum, size) => sum + batches(size), 0);
  expect(first.tables.calls).toHaveLength(calls + 1);

  // One node's change costs what has changed, whoever else there is.
  first.tables.calls.length = 0;
  await first.tell(large(500, STATIONS + 1));
  expect(first.tables.calls).toEqual(["applyFdb lan 1", "applyHosts lan 2"]);

  // A store that comes back and tells all again costs nothing.
  first.tables.calls.length = 0;
  await first.tell(...whole.map((one) => (one.name === "n500" ? large(500, STATIONS + 1) : one)));
  await first.synchronised();
  expect(first.tables.calls).toEqual([]);

  // The next agent begins with all of it, and a node that has gone costs that node.
  await first.overlay.close();
  const second = await bench(dir, new FakeOverlay());
  expect(second.tables.table("fdb lan").size).toBe(NODES * STATIONS + 1);
  expect(second.tables.calls).toHaveLength(calls + 1);
  second.tables.calls.length = 0;
  await second.tell(...whole.filter(({ name }) => name !== "n500"));
  await second.synchronised();
  expect(second.tables.table("peers main").has(vtepOf(500))).toBe(false);
  expect(second.tables.calls).toHaveLength(7);
  const flood = NODES - 1;
  expect(changesIn(second.tables.calls)).toBe(1 + 1 + 1 + 2 + 51 + 102 + flood);
});

it("one bad entry among 50,000 holds up no other", { timeout: 180_000 }, async () => {
  const all = await bench();
  const bad = macOf(77, 7);
  all.tables.bad.add(bad);
  await all.tell(...whole);
  expect(sizes(all)).toEqual({ ...FULL, "fdb lan": NODES * STATIONS - 1 });
  expect(all.tables.table("fdb lan").has(bad)).toBe(false);
  expect(all.overlay.view.fabric().rejected).toEqual([
    { entry: "n77", reason: `lan, fdb ${bad}: ${bad} is refused` },
  ]);
  const fdb = all.tables.calls.filter((call) => call.startsWith("applyFdb lan"));
  expect(fdb.length).toBeLessThan(batches(NODES * STATIONS) + 3 * Math.log2(MAX_BATCH));
});
