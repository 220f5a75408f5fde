import { afterEach, describe, expect, it } from "vitest";
import { bench, bridged, cleanUp, macOf, node, routed, vtepOf } from "./fixture.ts";

afterEach(cleanUp);

describe("a VTEP address that two nodes claim", () => {
  it("stays with the first; the other gets nothing until it is free", async () => {
    const { tables, tell, gone, overlay } = await bench();
    await tell(node(1));
    await tell(node(2, { vteps: node(1).vteps }));
    expect(tables.entries("routes blue")).toEqual({ "10.1.0.0/16": vtepOf(1) });
    const { conflicts, rejected, nodes } = overlay.view.fabric();
    expect(conflicts).toEqual([
      { kind: "vtep", where: "main", entry: vtepOf(1), winner: "n1", losers: ["n2"] },
    ]);
    expect(rejected).toEqual([
      { entry: "n2", reason: "VTEP address 192.0.2.1 of main is that of node n1" },
    ]);
    expect(nodes.find(({ name }) => name === "n2")?.addresses).toEqual([]);
    await gone("n1");
    expect(tables.entries("routes blue")).toEqual({ "10.2.0.0/16": vtepOf(1) });
    expect(tables.entries("fdb blue")).toEqual({ [macOf(2)]: vtepOf(1) });
    expect(overlay.view.fabric()).toMatchObject({ conflicts: [], rejected: [] });
  });

  it("leaves the other with the address it had", async () => {
    const { tables, tell } = await bench();
    await tell(node(1), node(2));
    tables.changes.length = 0;
    await tell(node(2, { vteps: node(1).vteps }));
    expect(tables.changes).toEqual([]);
    await tell(node(1, { vteps: node(3).vteps }));
    expect(tables.entries("routes blue")).toEqual({
      "10.1.0.0/16": vtepOf(3),
      "10.2.0.0/16": vtepOf(1),
    });
    expect(tables.entries("peers main")).toEqual({ [vtepOf(1)]: "", [vtepOf(3)]: "" });
  });

  it("may change hands between two nodes, at once or one after the other", async () => {
    const { tables, tell } = await bench();
    const swapped = {
      n1: node(1, { vteps: node(2).vteps }),
      n2: node(2, { vteps: node(1).vteps }),
    };
    await tell(node(1), node(2));
    await tell(swapped.n1, swapped.n2);
    const crossed = { "10.1.0.0/16": vtepOf(2), "10.2.0.0/16": vtepOf(1) };
    expect(tables.entries("routes blue")).toEqual(crossed);
    await tell(node(1));
    expect(tables.entries("routes blue")).toEqual(crossed);
    await tell(node(2));
    expect(tables.entries("routes blue")).toEqual({
      "10.1.0.0/16": vtepOf(1),
      "10.2.0.0/16": vtepOf(2),
    });
    expect(tables.entries("neighbours blue")).toEqual({
      [vtepOf(1)]: macOf(1),
      [vtepOf(2)]: macOf(2),
    });
  });

  it("is never ours", async () => {
    const { tables, tell, overlay } = await bench();
    const vteps = [{ udpPort: 4789, address4: "198.51.100.1", address6: "" }];
    await tell(node(1, { vteps }));
    expect(tables.calls).toEqual([]);
    expect(overlay.view.fabric().conflicts).toEqual([
      { kind: "vtep", where: "main", entry: "198.51.100.1", winner: "me", losers: ["n1"] },
    ]);
  });
});

describe("a MAC that two VTEPs of a routed network claim", () => {
  it("stays with the first, and the other's prefixes are not routed to it", async () => {
    const { tables, tell, overlay } = await bench();
    await tell(node(1), node(2, { networks: [routed(2, { mac: macOf(1) })] }));
    expect(tables.entries("routes blue")).toEqual({ "10.1.0.0/16": vtepOf(1) });
    expect(overlay.view.fabric().conflicts).toEqual([
      { kind: "mac", where: "blue", entry: macOf(1), winner: "n1", losers: ["n2"] },
    ]);
    await tell(node(1, { networks: [routed(1, { mac: macOf(5) })] }));
    expect(tables.entries("fdb blue")).toEqual({ [macOf(5)]: vtepOf(1), [macOf(1)]: vtepOf(2) });
    expect(tables.table("routes blue").get("10.2.0.0/16")).toBe(vtepOf(2));
  });

  it("is never ours", async () => {
    const { tables, tell } = await bench();
    await tell(node(1, { networks: [routed(1, { mac: tables.nets[0]?.mac ?? "" })] }));
    expect(tables.entries("routes blue")).toEqual({});
  });
});

describe("prefixes inside one another", () => {
  it("are listed; the longer one has its addresses", async () => {
    const { tables, tell, overlay } = await bench();
    await tell(
      node(1),
      node(2, { networks: [routed(2, { prefixes: ["10.1.7.0/24", "0.0.0.0/0"] })] }),
    );
    expect(tables.table("routes blue").size).toBe(3);
    expect(overlay.view.fabric().conflicts).toEqual([
      {
        kind: "prefix",
        where: "blue",
        entry: "10.1.7.0/24 in 10.1.0.0/16",
        winner: "n2",
        losers: ["n1"],
      },
    ]);
  });

  it("are not taken when they are inside ours", async () => {
    const { tables, tell, overlay } = await bench();
    const prefixes = ["10.255.0.0/24", "10.0.0.0/8"];
    await tell(node(1, { networks: [routed(1, { prefixes })] }));
    expect([...tables.table("routes blue").keys()]).toEqual(["10.0.0.0/8"]);
    expect(overlay.view.fabric().conflicts).toEqual([
      {
        kind: "prefix",
        where: "blue",
        entry: "10.255.0.0/24 in 10.255.0.0/16",
        winner: "me",
        losers: ["n1"],
      },
    ]);
  });
});

describe("the log", () => {
  it("is not filled with conflicts", async () => {
    const { tell, lines } = await bench();
    const stations = Array.from({ length: 100 }, (_, i) => ({ mac: macOf(1, i), addresses: [] }));
    await tell(node(1, { networks: [bridged(1, { endpoints: stations })] }));
    await tell(node(2, { networks: [bridged(2, { endpoints: stations })] }));
    expect(lines).toHaveLength(10);
    expect(lines[0]).toMatchObject({ entry: macOf(1, 0), winner: "n2", losers: ["n1"] });
  });
});
