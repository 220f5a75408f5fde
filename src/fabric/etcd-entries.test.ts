import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createLogger } from "../telemetry/log.ts";
import { encodeNode } from "./etcd-codec.ts";
import { Entries, type Reading, type StoreEvent } from "./etcd-entries.ts";
import type { FabricNode } from "./fabric.ts";

const PREFIX = "/p";
const LEASE = 10;
const TICK_MS = 20;
let told: string[] = [];
let own: string[] = [];
let created = 0;
let disturbed = false;
let graceLeftMs = 0;
let entries: Entries;

beforeEach(() => {
  vi.useFakeTimers();
  [told, own, disturbed, graceLeftMs] = [[], [], false, 0];
  entries = new Entries({
    prefix: PREFIX,
    leaseSeconds: LEASE,
    own: {
      name: "me",
      keys: {
        startReading: () => own.push("reading"),
        present: (keys, revision) => {
          const each = [...keys].map(([key, since]) => `${key} of ${since}`);
          own.push(`present ${each.join()} at ${revision}`);
        },
        seen: ({ key, value }) => own.push(`${value === null ? "deleted" : "written"} ${key}`),
      },
    },
    disturbed: () => disturbed,
    graceLeftMs: () => graceLeftMs,
    listener: {
      changed: ({ name, networks }) =>
        told.push(`changed ${name} ${networks[0]?.endpoints.length}`),
      gone: (name) => told.push(`gone ${name}`),
      synchronised: (unreadable) => told.push(["synchronised", ...unreadable].join(" ")),
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

const stored = ({ key, value }: StoreEvent) => ({
  ...{ key, value: value ?? "", created: ++created, modified: 3 },
});

/** A reading that is not yet complete. */
function readPage(...events: StoreEvent[]): Reading {
  const reading = entries.startReading();
  for (const event of events) reading.add(stored(event));
  return reading;
}

const read = (...nodes: FabricNode[]): void => readPage(...puts(...nodes)).finish(5);

/** The node's own key, with a value that makes no sense. */
const half = (name: string): StoreEvent[] =>
  puts(node(name, 0)).map((event) => ({ ...event, value: "{" }));

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
  reading.add({ ...stored(later), created: 9 });
  reading.add({ ...stored(earlier), created: 4 });
  reading.finish(10);
  expect(calls()).toEqual(["changed z 0", "changed a 0", "synchronised"]);
});

test("What belongs to our own node is passed on and never told", () => {
  read(node("me", 1), node("a", 0));
  entries.apply(puts(node("me", 0)));
  entries.apply(deletes(node("me", 0)));
  expect(calls()).toEqual(["changed a 0", "synchronised"]);
  expect(own).toEqual([
    "reading",
    "present /p/nodes/me of 3,/p/endpoints/4789-1/me/02:00:00:00:00:00 of 3 at 5",
    "written /p/nodes/me",
    "deleted /p/nodes/me",
  ]);
});

test("A rejected entry keeps its last good state through a complete reading, until it is deleted", () => {
  read(node("a", 1));
  const [, ...stations] = puts(node("a", 1));
  readPage(...half("a"), ...stations).finish(6);
  expect(entries.rejected.list()).toEqual([
    { key: "/p/nodes/a", reason: expect.stringContaining("not JSON") },
  ]);
  expect(calls()).toEqual(["changed a 1", "synchronised", "synchronised a"]);
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

test("A lost node is kept for as long as nobody could see it come back", () => {
  read(node("a", 1), node("b", 1));
  calls();
  disturbed = true;
  read();
  graceLeftMs = LEASE * 1000;
  expect(calls(2 * LEASE * 1000)).toEqual(["synchronised"]);
  read(node("b", 1));
  graceLeftMs = 0;
  expect(calls(LEASE * 1000 - 1)).toEqual(["synchronised"]);
  expect(calls(1 + TICK_MS)).toEqual(["gone a"]);
});

test("What is dropped while pages of a reading come in is not lost when its page had it", () => {
  read(node("a", 1));
  disturbed = true;
  read();
  calls();
  const reading = readPage(...puts(node("a", 1)));
  expect(calls(LEASE * 1000 + TICK_MS)).toEqual(["gone a"]);
  reading.finish(6);
  expect(calls()).toEqual(["changed a 1", "synchronised"]);
});

test("A first reading after trouble counts as complete when others had a lease to write", () => {
  graceLeftMs = LEASE * 1000;
  readPage(...puts(node("a", 1)), ...half("b")).finish(5);
  expect(calls(LEASE * 1000 - 1)).toEqual(["changed a 1"]);
  graceLeftMs = 3000;
  readPage(...puts(node("a", 1)), ...half("b")).finish(6);
  entries.apply(puts(node("b", 1)));
  entries.apply(half("c"));
  expect(calls(3000)).toEqual(["changed b 1"]);
  graceLeftMs = 0;
  expect(calls(1)).toEqual(["synchronised c"]);
  expect(calls(LEASE * 1000)).toEqual([]);
  // From then on nodes that are lost are held, each for itself.
  [disturbed, graceLeftMs] = [true, LEASE * 1000];
  read();
  expect(calls(TICK_MS)).toEqual(["synchronised c"]);
});

test("A node that made no sense from the start is gone when its key is", () => {
  const [, ...stations] = puts(node("a", 2));
  readPage(...half("a"), ...stations).finish(5);
  entries.apply(deletes(node("a", 2)).slice(0, 1));
  entries.apply(stations);
  expect(calls()).toEqual(["synchronised a"]);
  entries.apply(deletes(node("a", 2)));
  expect(calls()).toEqual(["gone a"]);
  entries.apply(half("a"));
  entries.apply(deletes(node("a", 0)));
  expect(calls()).toEqual([]);
});

test("After trouble such a node is kept for a lease, too", () => {
  readPage(...half("a")).finish(5);
  disturbed = true;
  read();
  expect(calls(LEASE * 1000 - 1)).toEqual(["synchronised a", "synchronised a"]);
  expect(calls(1 + TICK_MS)).toEqual(["gone a"]);
  expect(entries.rejected.list()).toEqual([]);
});
