import { expect, test } from "vitest";
import { WrittenKeys } from "./etcd-written.ts";

const wanted = (entries: Record<string, string>) => new Map(Object.entries(entries));
/** Keys with the revision of each. */
const present = (keys: Record<string, number>) => new Map(Object.entries(keys));
const put = (key: string, value: string) => ({ key, value });
const NOTHING = wanted({});

function holding(entries: Record<string, string>, revision: number): WrittenKeys {
  const written = new WrittenKeys();
  const batch = Object.entries(entries).map(([key, value]) => put(key, value));
  written.sent(batch);
  written.answered(batch, revision);
  return written;
}

test("What was answered need not be written again, and is deleted when it is not wanted", () => {
  const written = holding({ a: "1", b: "2" }, 5);
  expect(written.changes(wanted({ a: "1", b: "2" }))).toEqual([]);
  expect(written.changes(wanted({ a: "1" }))).toEqual([{ key: "b", value: null }]);
});

test("What was sent and not answered is written again, or deleted, as it is wanted by then", () => {
  const written = new WrittenKeys();
  written.sent([put("a", "1")]);
  expect(written.changes(wanted({ a: "1" }))).toEqual([put("a", "1")]);
  expect(written.changes(NOTHING)).toEqual([{ key: "a", value: null }]);
  written.sent([{ key: "a", value: null }]);
  expect(written.changes(NOTHING)).toEqual([{ key: "a", value: null }]);
});

test("A key that somebody deletes is written again; what happened before we wrote does not count", () => {
  const written = holding({ a: "1" }, 5);
  written.seen("a", { value: null, revision: 4 });
  written.seen("a", { value: "1", revision: 5 });
  expect(written.changes(wanted({ a: "1" }))).toEqual([]);
  written.seen("a", { value: null, revision: 6 });
  expect(written.changes(wanted({ a: "1" }))).toEqual([put("a", "1")]);
});

test("A request of ours that is done late is made good", () => {
  const written = holding({ a: "2" }, 5);
  written.seen("a", { value: "1", revision: 6 });
  written.seen("gone", { value: "1", revision: 6 });
  const changes = [put("a", "2"), { key: "gone", value: null }];
  expect(written.changes(wanted({ a: "2" }))).toEqual(changes);
});

test("A request that is done late is made good also when it is seen before our answer", () => {
  const written = new WrittenKeys();
  written.sent([put("a", "2"), put("b", "2")]);
  written.seen("a", { value: "2", revision: 5 });
  written.seen("a", { value: "1", revision: 6 });
  written.seen("b", { value: null, revision: 6 });
  written.answered([put("a", "2"), put("b", "2")], 5);
  const both = wanted({ a: "2", b: "2" });
  expect(written.changes(both)).toEqual([put("a", "2"), put("b", "2")]);
});

test("A complete reading finds what is left from an earlier life and what is missing", () => {
  const written = holding({ a: "1", b: "1" }, 5);
  const left = { key: "left", value: null };
  written.present(present({ a: 5, left: 2 }), 5);
  expect(written.changes(wanted({ a: "1", b: "1" }))).toEqual([put("b", "1"), left]);
});

test("What is written while a reading goes on is not missing because it was not read", () => {
  const written = holding({ a: "1" }, 3);
  written.startReading();
  const batch = [put("b", "1")];
  written.sent(batch);
  written.answered(batch, 5);
  written.present(present({ a: 3 }), 4);
  expect(written.changes(wanted({ a: "1", b: "1" }))).toEqual([]);
});

test("After the store went back to a backup everything is written again, once", () => {
  const written = holding({ a: "2", b: "1" }, 9);
  written.seen("b", { value: null, revision: 12 });
  const back = [put("b", "1")];
  written.sent(back);
  written.answered(back, 13);
  written.startReading();
  written.present(present({ a: 3, gone: 4 }), 5);
  const both = wanted({ a: "2", b: "1" });
  const all = [put("a", "2"), put("b", "1"), { key: "gone", value: null }];
  expect(written.changes(both)).toEqual(all);
  written.sent(all);
  written.answered(all, 6);
  written.startReading();
  written.present(present({ a: 6, b: 6 }), 6);
  expect(written.changes(both)).toEqual([]);
});

test("A backup is noticed too when others have written so much since that it looks newer", () => {
  const written = holding({ a: "2", b: "1" }, 9);
  written.startReading();
  written.present(present({ a: 3, b: 9 }), 20);
  expect(written.changes(wanted({ a: "2", b: "1" }))).toEqual([put("a", "2")]);
});

test("With the lease everything is lost", () => {
  const written = holding({ a: "1" }, 5);
  written.forgetAll();
  expect(written.changes(wanted({ a: "1" }))).toEqual([put("a", "1")]);
});
