import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EntryStore, fdbKey, neighbourKey, type StoredRoute } from "./entries.ts";

let dir: string;
let file: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "mr-entries-"));
  file = join(dir, "entries.json");
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

const route = (prefix: string): StoredRoute => {
  const via = [{ address: "10.0.12.2", port: "", weight: 1 }];
  return { prefix, type: "unicast", via, leakTo: "", count: false };
};

const add = (store: EntryStore, prefix: string, network = "blue") =>
  store.change(network, { routes: [[prefix, route(prefix)]] });

describe("the entries", () => {
  it("are none without a file, and none is made", () => {
    expect(EntryStore.open(dir).networks).toEqual([]);
    expect(existsSync(file)).toBe(false);
  });

  it("are found again by the next agent", async () => {
    const store = EntryStore.open(dir);
    const neighbour = { port: "up0", address: "10.0.12.7", mac: "02:00:00:00:00:99" };
    const mac = { mac: "02:00:00:00:00:99", vlan: 10, port: "up2", peer: "192.0.2.2" };
    await add(store, "10.9.0.0/24");
    await store.change("blue", { neighbours: [[neighbourKey(neighbour), neighbour]] });
    await store.change("lan", { fdb: [[fdbKey(mac), mac]] });

    const again = EntryStore.open(dir);
    expect(again.networks).toEqual(["blue", "lan"]);
    expect([...again.network("blue").routes]).toEqual([["10.9.0.0/24", route("10.9.0.0/24")]]);
    expect([...again.network("blue").neighbours.values()]).toEqual([neighbour]);
    expect([...again.network("lan").fdb.values()]).toEqual([mac]);
  });

  it("of an agent that knew no overlay lead to ports of this node", () => {
    const fdb = [{ mac: "02:00:00:00:00:99", vlan: 10, port: "up2" }];
    const networks = { lan: { routes: [], neighbours: [], fdb } };
    writeFileSync(join(dir, "entries.json"), JSON.stringify({ version: 1, networks }));
    const [entry] = EntryStore.open(dir).network("lan").fdb.values();
    expect(entry).toEqual({ ...fdb[0], peer: "" });
  });

  it("are for the owner only, and leave no second file", async () => {
    await add(EntryStore.open(dir), "10.9.0.0/24");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(dir)).toEqual(["entries.json"]);
  });

  it("can be taken out one by one", async () => {
    const store = EntryStore.open(dir);
    await add(store, "10.9.0.0/24");
    await add(store, "10.10.0.0/24");
    await store.change("blue", { routes: [["10.9.0.0/24", null]] });
    expect([...EntryStore.open(dir).network("blue").routes.keys()]).toEqual(["10.10.0.0/24"]);
    await store.change("blue", { routes: [["10.10.0.0/24", null]] });
    expect(EntryStore.open(dir).networks).toEqual([]);
  });

  it("are as before, on the disk too, when a change is taken back", async () => {
    const store = EntryStore.open(dir);
    await add(store, "10.9.0.0/24");
    const before = readFileSync(file, "utf8");
    const takeBack = await add(store, "10.10.0.0/24");
    expect(readFileSync(file, "utf8")).not.toBe(before);
    await takeBack();
    expect(readFileSync(file, "utf8")).toBe(before);
    expect([...store.network("blue").routes.keys()]).toEqual(["10.9.0.0/24"]);
  });

  it("are unchanged when the disk refuses", async () => {
    const store = EntryStore.open(join(dir, "state"));
    writeFileSync(join(dir, "state"), "in the way");
    await expect(add(store, "10.9.0.0/24")).rejects.toThrow(
      /entries\.json cannot be written: .*; free or repair the disk/,
    );
    expect(store.networks).toEqual([]);
  });

  it("list the leaks of every network", async () => {
    const store = EntryStore.open(dir);
    expect(store.leaks).toEqual([]);
    const leak: StoredRoute = { ...route("10.2.0.0/24"), type: "leak", via: [], leakTo: "red" };
    await store.change("blue", { routes: [[leak.prefix, leak]] });
    expect(store.leaks).toEqual([{ from: "blue", to: "red", prefix: "10.2.0.0/24" }]);
  });
});

describe("a file that cannot be used", () => {
  it.each([
    ["is empty", "", "Unexpected end of JSON input"],
    ["is cut off", '{"version":1,"networks":{"blue":', "JSON"],
    ["is of another version", '{"version":2,"networks":{}}', "version: "],
    ["has an unknown key", '{"version":1,"networks":{},"more":1}', "more"],
    [
      "has an entry of another shape",
      '{"version":1,"networks":{"blue":{"routes":[{"prefix":4}],"neighbours":[],"fdb":[]}}}',
      "networks.blue.routes.0.prefix",
    ],
  ])("because it %s is refused with file and remedy", (_, text, words) => {
    writeFileSync(file, text);
    expect(() => EntryStore.open(dir)).toThrow(words);
    expect(() => EntryStore.open(dir)).toThrow(
      /entries\.json cannot be used: .*; restore the file from a backup, or move it away/,
    );
    expect(readFileSync(file, "utf8")).toBe(text);
  });
});
