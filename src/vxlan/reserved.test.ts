import { afterEach, describe, expect, it } from "vitest";
import { bench, bridged, cleanUp, macOf, node, vtepOf } from "./fixture.ts";

afterEach(cleanUp);

describe("entries of others on this node", () => {
  it("survive whatever the fabric does", async () => {
    const { tables, tell, gone, synchronised } = await bench();
    tables.table("routes blue").set("10.99.0.0/16", "by hand");
    tables.table("fdb lan").set("02:aa:00:00:00:01", "by hand");
    await tell(node(1), node(2));
    await gone("n1", "n2");
    await synchronised();
    expect(tables.entries("routes blue")).toEqual({ "10.99.0.0/16": "by hand" });
    expect(tables.entries("fdb lan")).toEqual({ "02:aa:00:00:00:01": "by hand" });
  });

  it("keep a prefix that a node claims, until they are gone", async () => {
    const { tables, tell, overlay } = await bench();
    tables.table("routes blue").set("10.1.0.0/16", "by hand");
    tables.reservedBy.set("blue", { routes: new Map([["10.1.0.0/16", "the API"]]) });
    overlay.refresh();
    await tell(node(1));
    expect(tables.table("routes blue").get("10.1.0.0/16")).toBe("by hand");
    const { conflicts, rejected } = overlay.view.fabric();
    expect(conflicts).toEqual([
      { kind: "prefix", where: "blue", entry: "10.1.0.0/16", winner: "the API", losers: ["n1"] },
    ]);
    expect(rejected).toEqual([]);
    tables.table("routes blue").delete("10.1.0.0/16");
    tables.reservedBy.delete("blue");
    overlay.refresh();
    await overlay.idle();
    expect(tables.entries("routes blue")).toEqual({ "10.1.0.0/16": vtepOf(1) });
    expect(overlay.view.fabric().conflicts).toEqual([]);
  });

  it("are known before what was saved is brought back", async () => {
    const { tables, tell, overlay, store } = await bench();
    await tell(node(1));
    await overlay.close();
    const again = store.path.slice(0, -"/fabric.json".length);
    const next = new (tables.constructor as new () => typeof tables)();
    next.reservedBy.set("blue", { routes: new Map([["10.1.0.0/16", "the API"]]) });
    const after = await bench(again, next);
    expect(after.tables.entries("routes blue")).toEqual({});
    expect(after.overlay.view.fabric().conflicts).toHaveLength(1);
  });
});

describe("a pod of this node", () => {
  const pod = () => ({
    macs: new Map([[macOf(1, 1), "pod default/web-0"]]),
    addresses: new Map([["172.16.0.1", "pod default/web-0"]]),
  });

  it("keeps its MAC and address while another node claims them, which gets them after it", async () => {
    const { tables, tell, overlay } = await bench();
    tables.reservedBy.set("lan", pod());
    overlay.refresh();
    await tell(node(1));
    expect(tables.entries("fdb lan")).toEqual({});
    expect(tables.entries("hosts lan")).toEqual({});
    expect(overlay.view.fabric().conflicts).toEqual([
      {
        kind: "mac",
        where: "lan",
        entry: macOf(1, 1),
        winner: "pod default/web-0",
        losers: ["n1"],
      },
      {
        kind: "address",
        where: "lan",
        entry: "172.16.0.1",
        winner: "pod default/web-0",
        losers: ["n1"],
      },
    ]);
    tables.reservedBy.delete("lan");
    overlay.refresh();
    await overlay.idle();
    expect(tables.entries("fdb lan")).toEqual({ [macOf(1, 1)]: vtepOf(1) });
    expect(tables.entries("hosts lan")).toEqual({ "172.16.0.1": macOf(1, 1) });
  });

  it("that comes from another node replaces the entry there, which is not ours to remove then", async () => {
    const { tables, tell, overlay } = await bench();
    await tell(node(1));
    tables.changes.length = 0;
    tables.table("fdb lan").set(macOf(1, 1), "the pod's port");
    tables.reservedBy.set("lan", pod());
    overlay.refresh();
    await tell(node(1, { networks: [bridged(1, { endpoints: [] })] }));
    expect(tables.table("fdb lan").get(macOf(1, 1))).toBe("the pod's port");
    expect(tables.changes.filter((one) => one.includes(macOf(1, 1)))).toEqual([]);
  });
});

describe("a pod of this node that may use any MAC", () => {
  it("is not cut off by the entry that another node has left", async () => {
    const { tables, tell, overlay } = await bench();
    await tell(node(1));
    tables.reservedBy.set("lan", { macs: new Map([[macOf(1, 1), "pod default/vm-0"]]) });
    overlay.refresh();
    await overlay.idle();
    expect(tables.entries("fdb lan")).toEqual({});
    await tell(node(1, { networks: [bridged(1, { endpoints: [] })] }));
    expect(overlay.view.fabric()).toMatchObject({ rejected: [], conflicts: [] });
  });
});

describe("our VTEP", () => {
  it("with another address is not that of the node which had it in vain", async () => {
    const { tables, tell, overlay } = await bench();
    const vteps = [{ udpPort: 4789, address4: "198.51.100.1", address6: "" }];
    await tell(node(1, { vteps }));
    expect(tables.entries("peers main")).toEqual({});
    tables.vtep = { ...tables.vtep, address4: "198.51.100.2" };
    overlay.refresh();
    await overlay.idle();
    expect(tables.entries("peers main")).toEqual({ "198.51.100.1": "" });
    expect(tables.entries("routes blue")).toEqual({ "10.1.0.0/16": "198.51.100.1" });
  });

  it("that loses its IPv4 address reaches the others over IPv6", async () => {
    const { tables, tell, overlay } = await bench();
    await tell(node(1));
    tables.vtep = { ...tables.vtep, address4: "" };
    overlay.refresh();
    await overlay.idle();
    expect(tables.entries("peers main")).toEqual({ "2001:db8::1": "" });
    expect(tables.entries("fdb lan")).toEqual({ [macOf(1, 1)]: "2001:db8::1" });
  });
});
