import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createLogger } from "../telemetry/log.ts";
import { encodeNode } from "./etcd-codec.ts";
import { Entries, type StoreEvent } from "./etcd-entries.ts";
import type { FabricNode } from "./fabric.ts";

const PREFIX = "/p";
const LEASE = 10;
const TICK_MS = 20;
let told: string[] = [];
let own: string[] = [];
let created = 0;
let disturbed = false;
let entries: Entries;

beforeEach(() => {
  vi.useFakeTimers();
  [told, own, disturbed] = [[], [], false];
  entries = new Entries({
    prefix: PREFIX,
    leaseSeconds: LEASE,
    own: {
      name: "me",
      keys: {
        present: (keys, revision) => own.push(`present ${[...keys].join()} at ${revision}`),
        seen: ({ key, value }) => own.push(`${value === null ? "deleted" : "written"} ${key}`),
      },
    },
    disturbed: () => disturbed,
    listener: {
      changed: ({ name, networks }) =>
        told.push(`changed ${name} ${networks[0]?.endpoints.length}`),
      gone: (name) => told.push(`gone ${name}`),
      synchronised: () => told.push("synchronised"),
    },
    log: createLogger("silent"),
  });
});

afterEach(() => {
  entries.stop();
  vi.useRealTimers();
});

function node(name: string, stations: number): FabricNode {
  const endpoints = Array.from({ length: stations }, (_, i) => ({
    mac: `02:00:00:00:00:0${i}`,
    addresses: [`10.0.0.${i}`],
  }));
  return {
    name,
    vteps: [{ udpPort: 4789, address4: "192.0.2.1", address6: "" }],
    networks: [{ vni: 1, udpPort: 4789, mac: "", prefixes: [], endpoints }],
  };
}

const puts = (...nodes: FabricNode[]): StoreEvent[] =>
  nodes
    .flatMap((one) => [...encodeNode(PREFIX, one)])
    .map(([key, value]) => ({ key, value, revision: 1, lease: "7" }));
const deletes = (...nodes: FabricNode[]): StoreEvent[] =>
  puts(...nodes)
    .map((event) => ({ ...event, value: null }))
    // As a lease that ends does it: sorted, so endpoints before nodes.
    .sort((a, b) => (a.key < b.key ? -1 : 1));

function read(...nodes: FabricNode[]): void {
  const reading = entries.startReading();
  for (const { key, value } of puts(...nodes))
    reading.add({ key, value: value ?? "", created: ++created });
  reading.finish(5);
}

/** What was told since it was asked last. */
function calls(afterMs = TICK_MS): string[] {
  vi.advanceTimersByTime(afterMs);
  return told.splice(0);
}

test("A burst of changes of one node is told once, after a tick", () => {
  for (const event of puts(node("a", 9))) entries.apply([event]);
  expect(calls(TICK_MS - 1)).toEqual([]);
  expect(calls(1)).toEqual(["changed a 9"]);
  entries.apply(puts(node("a", 9)));
  expect(calls()).toEqual([]);
});

test("Endpoints wait for their node, and the node for nothing", () => {
  const [own, ...stations] = puts(node("a", 2));
  entries.apply(stations);
  expect(calls()).toEqual([]);
  entries.apply([own as StoreEvent]);
  expect(calls()).toEqual(["changed a 2"]);
});

test("A second complete reading tells only what differs", () => {
  read(node("a", 1), node("b", 2), node("c", 3));
  expect(calls()).toEqual(["changed a 1", "changed b 2", "changed c 3", "synchronised"]);
  read(node("a", 1), node("b", 1), node("d", 0));
  expect(calls().sort()).toEqual(["changed b 1", "changed d 0", "gone c", "synchronised"]);
});

test("Nodes of a complete reading are told in the order in which they came", () => {
  const reading = entries.startReading();
  const [later] = puts(node("a", 0)) as [StoreEvent];
  const [earlier] = puts(node("z", 0)) as [StoreEvent];
  reading.add({ key: later.key, value: later.value ?? "", created: 9 });
  reading.add({ key: earlier.key, value: earlier.value ?? "", created: 4 });
  reading.finish(10);
  expect(calls()).toEqual(["changed z 0", "changed a 0", "synchronised"]);
});

test("What belongs to our own node is passed on and never told", () => {
  read(node("me", 1), node("a", 0));
  entries.apply(puts(node("me", 0)));
  entries.apply(deletes(node("me", 0)));
  expect(calls()).toEqual(["changed a 0", "synchronised"]);
  expect(own).toEqual([
    "present /p/nodes/me,/p/endpoints/4789-1/me/02:00:00:00:00:00 at 5",
    "written /p/nodes/me",
    "deleted /p/nodes/me",
  ]);
});

test("A rejected entry keeps its last good state through a complete reading, until it is deleted", () => {
  read(node("a", 1));
  const [event] = puts(node("a", 1)) as [StoreEvent];
  const reading = entries.startReading();
  for (const { key, value } of puts(node("a", 1)))
    reading.add({ key, value: value ?? "", created: ++created });
  reading.add({ key: event.key, value: "{", created: ++created });
  reading.finish(6);
  expect(entries.rejected.list()).toEqual([
    { key: "/p/nodes/a", reason: expect.stringContaining("not JSON") },
  ]);
  expect(calls()).toEqual(["changed a 1", "synchronised", "synchronised"]);
  read();
  expect(entries.rejected.list()).toEqual([]);
  expect(calls()).toEqual(["gone a", "synchronised"]);
});

test("A node whose lease ended is gone at once when the store was well", () => {
  read(node("a", 3));
  entries.apply(deletes(node("a", 3)));
  expect(calls()).toEqual(["changed a 3", "synchronised", "gone a"]);
});

test("After trouble a lost node is kept for a lease, and longer when it comes back", () => {
  read(node("a", 3), node("b", 3));
  calls();
  disturbed = true;
  entries.apply(deletes(node("a", 3), node("b", 3)));
  expect(calls(LEASE * 1000 - 1)).toEqual([]);
  const [nodeEvent, ...stations] = puts(node("b", 2)) as [StoreEvent, ...StoreEvent[]];
  entries.apply([nodeEvent]);
  entries.apply(stations);
  // What of b did not come back goes with a.
  expect(calls(1 + TICK_MS).sort()).toEqual(["changed b 2", "gone a"]);
  expect(calls(LEASE * 1000)).toEqual([]);
});

test("After trouble the same holds for a node that a complete reading lacks", () => {
  read(node("a", 1));
  calls();
  disturbed = true;
  read();
  read();
  expect(calls(LEASE * 1000 - 1)).toEqual(["synchronised", "synchronised"]);
  expect(calls(1 + TICK_MS)).toEqual(["gone a"]);
});

test("After trouble an endpoint goes at once when its node is there", () => {
  read(node("a", 2));
  disturbed = true;
  entries.apply(deletes(node("a", 2)).filter(({ key }) => key.endsWith("01")));
  expect(calls()).toEqual(["changed a 2", "synchronised", "changed a 1"]);
});
