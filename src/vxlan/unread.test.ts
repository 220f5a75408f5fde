import { afterEach, describe, expect, it } from "vitest";
import { FakeOverlay } from "./fake-tables.ts";
import {
  type Bench,
  bench,
  bridged,
  cleanUp,
  newDir,
  node,
  routed,
  VNI,
  vtepOf,
} from "./fixture.ts";

afterEach(cleanUp);

const LAN = [{ vni: VNI.lan, udpPort: 4789 }];

/** An agent that has two nodes from the disk and a driver that cannot read network lan yet. */
async function restarted(): Promise<Bench> {
  const dir = newDir();
  const before = await bench(dir);
  await before.tell(node(1), node(2));
  await before.overlay.close();
  return await bench(dir, new FakeOverlay());
}

async function tellUnread({ driver, overlay }: Bench, n: number, ...networks: unknown[]) {
  driver.listener?.changed(node(n, { networks: networks as never }), LAN);
  await overlay.idle();
}

describe("a network that the driver cannot read yet", () => {
  it("stays as it was on the disk, while the others are as they are told", async () => {
    const all = await restarted();
    const [fdb, floods] = [all.tables.entries("fdb lan"), structuredClone(all.tables.floods)];
    await tellUnread(all, 1, routed(1, { prefixes: ["10.8.0.0/16"] }));
    await tellUnread(all, 2);
    expect(all.tables.entries("routes blue")).toEqual({ "10.8.0.0/16": vtepOf(1) });
    expect(all.tables.entries("fdb lan")).toEqual(fdb);
    expect(Object.keys(fdb)).toHaveLength(2);
    expect(all.tables.floods).toEqual(floods);
  });

  it("stays on the disk as well, for the next restart", async () => {
    const all = await restarted();
    const before = all.tables.entries("fdb lan");
    await tellUnread(all, 1, routed(1));
    await all.overlay.close();
    const next = await bench(all.store.path.replace(/\/[^/]+$/, ""), new FakeOverlay());
    expect(next.tables.entries("fdb lan")).toEqual(before);
  });

  it("is as the driver says as soon as it can be read", async () => {
    const all = await restarted();
    await tellUnread(all, 1, routed(1));
    await tellUnread(all, 2);
    await all.tell(node(1, { networks: [routed(1), bridged(1, { endpoints: [] })] }));
    await all.gone("n2");
    expect(all.tables.entries("fdb lan")).toEqual({});
    expect(all.tables.entries("routes blue")).toEqual({ "10.1.0.0/16": vtepOf(1) });
  });

  it("keeps the VTEP that it is reached by, where that is another", async () => {
    const all = await restarted();
    all.driver.listener?.changed(node(1, { vteps: [], networks: [] }), LAN);
    await all.overlay.idle();
    expect(Object.values(all.tables.entries("fdb lan"))).toContain(vtepOf(1));
    expect(all.overlay.view.fabric().rejected).toEqual([]);
  });

  it("has nothing of a node that has gone in the meantime", async () => {
    const all = await restarted();
    all.driver.listener?.gone("n1");
    await tellUnread(all, 1, routed(1));
    expect(Object.values(all.tables.entries("fdb lan"))).toEqual([vtepOf(2)]);
  });
});
