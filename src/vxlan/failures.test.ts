import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MAX_REFUSALS } from "./apply.ts";
import { FakeOverlay } from "./fake-tables.ts";
import { bench, bridged, cleanUp, macOf, node, vtepOf } from "./fixture.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(async () => {
  vi.useRealTimers();
  await cleanUp();
});

describe("a table that is full", () => {
  const stations = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ mac: macOf(1, i + 1), addresses: [] }));

  it("takes what fits, does not ask for each of the others, and has a turn for all of them", async () => {
    const { tables, tell, overlay } = await bench();
    const endpoints = stations(2000);
    for (const { mac } of endpoints.slice(0, 1500)) tables.bad.add(mac);
    await tell(node(1, { networks: [bridged(1, { endpoints })] }));
    expect(tables.table("fdb lan").size).toBe(0);
    expect(tables.calls.length).toBeLessThan(3 * MAX_REFUSALS);
    expect(overlay.view.fabric().rejected).toHaveLength(2000);
    for (let i = 0; i < 6; i++) {
      await vi.advanceTimersByTimeAsync(60_000);
      await overlay.idle();
    }
    expect(tables.table("fdb lan").size).toBe(500);
    expect(overlay.view.fabric().rejected).toHaveLength(1500);
  });
});

describe("an entry that the dataplane refuses", () => {
  it("is listed, and tried again less and less often until it is taken", async () => {
    const { tables, tell, overlay, lines } = await bench();
    const bad = "10.1.0.0/16";
    tables.bad.add(bad);
    await tell(node(1), node(2));
    const reason = `blue, routes ${bad}: ${bad} is refused`;
    expect(overlay.view.fabric().rejected).toEqual([{ entry: "n1", reason }]);
    expect(tables.entries("routes blue")).toEqual({ "10.2.0.0/16": vtepOf(2) });
    expect(lines.at(-1)).toMatchObject({ failures: 1 });
    const tries = async (ms: number) => {
      tables.calls.length = 0;
      await vi.advanceTimersByTimeAsync(ms);
      await overlay.idle();
      return tables.calls;
    };
    expect(await tries(1000)).toEqual(["applyRoutes blue 1"]);
    expect(await tries(1999)).toEqual([]);
    expect(await tries(1)).toEqual(["applyRoutes blue 1"]);
    tables.bad.clear();
    expect(await tries(4000)).toEqual(["applyRoutes blue 1"]);
    expect(tables.table("routes blue").size).toBe(2);
    expect(overlay.view.fabric().rejected).toEqual([]);
    expect(await tries(120_000)).toEqual([]);
  });

  it("takes what depends on it along, and no more; all of it comes when it is taken", async () => {
    const { tables, tell, overlay } = await bench();
    tables.bad.add(vtepOf(1));
    await tell(node(1), node(2));
    expect(tables.entries("peers main")).toEqual({ [vtepOf(2)]: "" });
    expect(tables.entries("fdb lan")).toEqual({ [macOf(2, 1)]: vtepOf(2) });
    expect(tables.floods.get("lan")).toEqual([vtepOf(2)]);
    tables.bad.clear();
    await vi.advanceTimersByTimeAsync(1000);
    await overlay.idle();
    expect(tables.entries("peers main")).toEqual({ [vtepOf(1)]: "", [vtepOf(2)]: "" });
    expect(tables.table("fdb lan").size).toBe(2);
    expect(tables.floods.get("lan")?.toSorted()).toEqual([vtepOf(1), vtepOf(2)]);
    expect(overlay.view.fabric().rejected).toEqual([]);
  });

  it("is forgotten when the node does not want it any more", async () => {
    const { tables, tell, gone, overlay } = await bench();
    tables.bad.add(macOf(1, 1));
    await tell(node(1));
    expect(overlay.view.fabric().rejected).toHaveLength(1);
    await gone("n1");
    expect(overlay.view.fabric().rejected).toEqual([]);
    expect(tables.entries("peers main")).toEqual({});
  });
});

describe("a flood list that could not be set", () => {
  it("is set again, though the one before is wanted again: the dataplane shortens it", async () => {
    const { tables, tell, gone, overlay } = await bench();
    await tell(node(1), node(2));
    vi.spyOn(tables, "setFlood").mockRejectedValueOnce(new Error("no memory"));
    vi.spyOn(tables, "applyPeers").mockImplementation(async (vtep, changes) => {
      const left = changes.flatMap(({ op, address }) => (op === "del" ? address : []));
      const list = tables.floods.get("lan") ?? [];
      tables.floods.set(
        "lan",
        list.filter((peer) => !left.includes(peer)),
      );
      await FakeOverlay.prototype.applyPeers.call(tables, vtep, changes);
    });
    await gone("n2");
    expect(tables.floods.get("lan")).toEqual([vtepOf(1)]);
    await tell(node(2));
    expect(tables.floods.get("lan")).toEqual([vtepOf(1), vtepOf(2)]);
    expect(overlay.view.fabric().rejected).toEqual([]);
  });
});

describe("an FDB that cannot be listed", () => {
  it("is listed again later, so that our entry does not stay in the way of a pod", async () => {
    const { tables, tell, overlay } = await bench();
    await tell(node(1));
    vi.spyOn(tables, "listFdb").mockRejectedValueOnce(new Error("no memory"));
    tables.reservedBy.set("lan", { macs: new Map([[macOf(1, 1), "pod default/vm-0"]]) });
    overlay.refresh();
    await overlay.idle();
    expect(tables.entries("fdb lan")).toEqual({ [macOf(1, 1)]: vtepOf(1) });
    const reason = `lan, fdb ${macOf(1, 1)}: the FDB cannot be listed: no memory`;
    expect(overlay.view.fabric().rejected).toEqual([{ entry: "n1", reason }]);
    await vi.advanceTimersByTimeAsync(1000);
    await overlay.idle();
    expect(tables.entries("fdb lan")).toEqual({});
    expect(overlay.view.fabric().rejected).toEqual([]);
  });
});
