import { expect, test } from "vitest";
import { changes, firstBatch } from "./etcd-changes.ts";

const written = (entries: Record<string, string>) =>
  new Map(Object.entries(entries).map(([key, value]) => [key, { value }]));

test("Only what is new or other is written, in the order of what is wanted; deletes come last", () => {
  const wanted = new Map([
    ["node", "2"],
    ["same", "s"],
    ["new", "n"],
  ]);
  const all = changes(
    wanted,
    written({ old: "o", node: "1", same: "s" }),
    new Set(["stale", "new"]),
  );
  expect(all).toEqual([
    { key: "node", value: "2" },
    { key: "new", value: "n" },
    { key: "old", value: null },
    { key: "stale", value: null },
  ]);
});

test("Nothing is written when the store has everything", () => {
  expect(changes(new Map([["a", "1"]]), written({ a: "1" }), new Set())).toEqual([]);
  expect(firstBatch([])).toEqual([]);
});

test("A transaction has at most 100 operations and half a MiB, and one operation in any case", () => {
  const many = (count: number, value: string) =>
    Array.from({ length: count }, (_, i) => ({ key: `k${i}`, value }));
  expect(firstBatch(many(250, "v"))).toHaveLength(100);
  expect(firstBatch(many(100, "v"))).toHaveLength(100);
  expect(firstBatch(many(7, "v"))).toHaveLength(7);
  expect(firstBatch(many(50, "x".repeat(100_000)))).toHaveLength(5);
  expect(firstBatch(many(3, "x".repeat(1_000_000)))).toHaveLength(1);
});
