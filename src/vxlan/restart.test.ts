import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
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

/** Ends one agent and starts the next, whose dataplane is empty and whose store is away. */
async function restart({ overlay }: Bench, dir: string): Promise<Bench> {
  await overlay.close();
  return await bench(dir, new FakeOverlay());
}

const tablesOf = ({ tables }: Bench) => [...tables.all].map(([id, table]) => [id, [...table]]);

describe("an agent that starts while the store is away", () => {
  it("forwards as the one before did", async () => {
    const dir = newDir();
    const before = await bench(dir);
    await before.tell(node(1), node(2), node(3));
    await before.gone("n3");
    const after = await restart(before, dir);
    expect(new Map(tablesOf(after) as never)).toEqual(new Map(tablesOf(before) as never));
    expect(after.tables.floods).toEqual(before.tables.floods);
    expect(after.overlay.view.fabric().nodes).toMatchObject([
      { name: "n1", source: "saved" },
      { name: "n2", source: "saved" },
    ]);
  });

  it("has its tables before the driver is started", async () => {
    const dir = newDir();
    const before = await bench(dir);
    await before.tell(node(1));
    const after = await restart(before, dir);
    expect(after.tables.entries("routes blue")).toEqual({ "10.1.0.0/16": vtepOf(1) });
    expect(after.driver.published).toHaveLength(1);
  });

  it("keeps what was followed, not what was told and refused", async () => {
    const dir = newDir();
    const before = await bench(dir);
    await before.tell(node(1), node(2));
    await before.tell(node(2, { vteps: node(1).vteps }), node(1, { vteps: [] }));
    const after = await restart(before, dir);
    expect(after.tables.entries("routes blue")).toEqual({
      "10.1.0.0/16": vtepOf(1),
      "10.2.0.0/16": vtepOf(2),
    });
    expect(after.overlay.view.fabric()).toMatchObject({ conflicts: [], rejected: [] });
  });

  it("knows who has won what two nodes claim", async () => {
    const dir = newDir();
    const before = await bench(dir);
    const both = { endpoints: [{ mac: macOf(7, 7), addresses: ["172.16.7.7"] }] };
    await before.tell(node(1), node(2));
    await before.tell(node(2, { networks: [bridged(2, both)] }));
    await before.tell(node(1, { networks: [bridged(1, both)] }));
    const after = await restart(before, dir);
    expect(after.tables.entries("fdb lan")).toEqual({ [macOf(7, 7)]: vtepOf(1) });
    await after.tell(node(2, { networks: [bridged(2, both)] }));
    expect(after.tables.entries("fdb lan")).toEqual({ [macOf(7, 7)]: vtepOf(1) });
  });
});

describe("an agent whose driver has synchronised", () => {
  it("sweeps the nodes that went while no agent ran, and touches no other", async () => {
    const dir = newDir();
    const before = await bench(dir);
    await before.tell(node(1), node(2));
    const after = await restart(before, dir);
    after.tables.changes.length = 0;
    await after.tell(node(2));
    expect(after.tables.changes).toEqual([]);
    await after.synchronised();
    expect(after.tables.changes.filter((one) => !one.startsWith("del"))).toEqual([]);
    expect(after.tables.entries("routes blue")).toEqual({ "10.2.0.0/16": vtepOf(2) });
    expect(after.tables.entries("peers main")).toEqual({ [vtepOf(2)]: "" });
    expect(after.overlay.view.fabric().nodes).toMatchObject([{ name: "n2", source: "fabric" }]);
  });

  it("sweeps what a node has lost meanwhile", async () => {
    const dir = newDir();
    const before = await bench(dir);
    await before.tell(node(1));
    const after = await restart(before, dir);
    await after.tell(node(1, { networks: [routed(1, { prefixes: ["10.8.0.0/16"] })] }));
    await after.synchronised();
    expect(after.tables.entries("routes blue")).toEqual({ "10.8.0.0/16": vtepOf(1) });
    expect(after.tables.entries("fdb lan")).toEqual({});
  });

  it("keeps a node whose entry makes no sense just now", async () => {
    const dir = newDir();
    const before = await bench(dir);
    await before.tell(node(1), node(2));
    const after = await restart(before, dir);
    await after.synchronised("n1");
    expect(after.tables.entries("peers main")).toEqual({ [vtepOf(1)]: "" });
  });

  it("keeps all nodes when it synchronises again and tells only what has changed", async () => {
    const { tables, tell, synchronised } = await bench();
    await tell(node(1), node(2));
    await synchronised();
    await synchronised();
    expect(tables.table("routes blue").size).toBe(2);
  });

  it("keeps a node of which it knew more than the store has now", async () => {
    const dir = newDir();
    const before = await bench(dir);
    await before.tell(node(1));
    const after = await restart(before, dir);
    await after.tell(node(1, { vteps: [] }));
    await after.synchronised();
    expect(after.tables.entries("routes blue")).toEqual({ "10.1.0.0/16": vtepOf(1) });
  });
});

describe("the file of the nodes", () => {
  it("is for root alone and holds one node per line", async () => {
    const all = await bench();
    await all.tell(node(1), node(2));
    await all.store.flush();
    expect(statSync(all.store.path).mode & 0o777).toBe(0o600);
    const lines = readFileSync(all.store.path, "utf8").split("\n");
    expect(lines.filter((line) => line.includes('"name":"n'))).toHaveLength(2);
  });

  it("is not written again for what is known", async () => {
    const all = await bench();
    await all.tell(node(1));
    await all.store.flush();
    const { mtimeNs } = statSync(all.store.path, { bigint: true });
    await all.tell(node(1));
    await all.synchronised();
    await all.store.flush();
    expect(statSync(all.store.path, { bigint: true }).mtimeNs).toBe(mtimeNs);
  });

  it.each([
    ["cut off", '{"version":1,"nodes":[{"na'],
    ["of another version", '{"version":9,"nodes":[],"contested":[]}'],
    ["something else", '{"version":1,"nodes":[{"name":"n1"}],"contested":[]}'],
  ])("is reported and ignored when it is %s", async (_, text) => {
    const dir = newDir();
    writeFileSync(join(dir, "fabric.json"), text);
    const all = await bench(dir);
    expect(all.tables.calls).toEqual([]);
    expect(all.overlay.view.fabric().problem).toContain("fabric.json cannot be used: ");
    expect(all.lines).toMatchObject([{ msg: "the saved fabric cannot be used" }]);
    await all.tell(node(1));
    await all.store.flush();
    expect(all.overlay.view.fabric().problem).toBe("");
    expect(readFileSync(all.store.path, "utf8")).toContain('"name":"n1"');
  });

  it("that cannot be written is a problem, and forwarding goes on", async () => {
    const dir = newDir();
    const all = await bench(join(dir, "fabric.json", "x"));
    writeFileSync(join(dir, "fabric.json"), "in the way");
    await all.tell(node(1));
    await all.store.flush();
    expect(all.overlay.view.fabric().problem).toContain("cannot be kept: ");
    expect(all.tables.table("routes blue").size).toBe(1);
  });
});
