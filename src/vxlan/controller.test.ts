import { afterEach, describe, expect, it } from "vitest";
import { bench, bridged, cleanUp, macOf, node, routed, vtepOf } from "./fixture.ts";

afterEach(cleanUp);

describe("a node of the fabric", () => {
  it("gets a peer, then what leads to it, the route last", async () => {
    const { tables, tell } = await bench();
    await tell(node(1));
    expect(tables.changes).toEqual([
      "add peers 192.0.2.1",
      "add fdb 02:00:00:00:00:01",
      "add fdb 02:00:01:00:00:01",
      "add hosts 172.16.0.1",
      "add neighbours 192.0.2.1",
      "add routes 10.1.0.0/16",
    ]);
    expect(tables.entries("routes blue")).toEqual({ "10.1.0.0/16": vtepOf(1) });
    expect(tables.entries("neighbours blue")).toEqual({ [vtepOf(1)]: macOf(1) });
    expect(tables.entries("fdb blue")).toEqual({ [macOf(1)]: vtepOf(1) });
    expect(tables.entries("fdb lan")).toEqual({ [macOf(1, 1)]: vtepOf(1) });
    expect(tables.entries("hosts lan")).toEqual({ "172.16.0.1": macOf(1, 1) });
    expect(tables.floods.get("lan")).toEqual([vtepOf(1)]);
  });

  it("is taken out in reverse when it is gone", async () => {
    const { tables, tell, gone } = await bench();
    await tell(node(1), node(2));
    tables.changes.length = 0;
    await gone("n1");
    expect(tables.changes).toEqual([
      "del routes 10.1.0.0/16",
      "del neighbours 192.0.2.1",
      "del hosts 172.16.0.1",
      "del fdb 02:00:01:00:00:01",
      "del fdb 02:00:00:00:00:01",
      "del peers 192.0.2.1",
    ]);
    expect(tables.floods.get("lan")).toEqual([vtepOf(2)]);
  });

  it("is reached over IPv6 where one of both has no IPv4, with IPv4 prefixes all the same", async () => {
    const { tables, tell } = await bench();
    const vteps = [{ udpPort: 4789, address4: "", address6: "2001:DB8:0::1" }];
    await tell(node(1, { vteps }));
    expect(tables.entries("peers main")).toEqual({ "2001:db8::1": "" });
    expect(tables.entries("routes blue")).toEqual({ "10.1.0.0/16": "2001:db8::1" });
  });

  it("has routes of their own for addresses outside its prefixes", async () => {
    const { tables, tell } = await bench();
    const endpoints = [{ mac: "", addresses: ["10.1.0.9", "10.77.0.9", "fd00::9"] }];
    await tell(node(1, { networks: [routed(1, { endpoints })] }));
    const routes = {
      "10.1.0.0/16": vtepOf(1),
      "10.77.0.9/32": vtepOf(1),
      "fd00::9/128": vtepOf(1),
    };
    expect(tables.entries("routes blue")).toEqual(routes);
  });

  it("is ignored when it is our own", async () => {
    const { tables, tell } = await bench();
    await tell(node(1, { name: "me" }));
    expect(tables.calls).toEqual([]);
  });

  it("costs one call per table, however many are told at once", async () => {
    const { tables, tell } = await bench();
    await tell(node(1), node(2), node(3));
    expect(tables.calls.toSorted()).toEqual([
      "applyFdb blue 3",
      "applyFdb lan 3",
      "applyHosts lan 3",
      "applyNeighbours blue 3",
      "applyPeers main 3",
      "applyRoutes blue 3",
      "setFlood lan 3",
    ]);
  });

  it("costs nothing when it is told again as it was", async () => {
    const { tables, tell } = await bench();
    await tell(node(1));
    tables.calls.length = 0;
    await tell(node(1));
    expect(tables.calls).toEqual([]);
  });
});

describe("a change", () => {
  it("of the VTEP address moves everything, and the new way is there before the old one goes", async () => {
    const { tables, tell } = await bench();
    await tell(node(1));
    tables.changes.length = 0;
    await tell(node(1, { vteps: node(9).vteps }));
    expect(tables.entries("routes blue")).toEqual({ "10.1.0.0/16": vtepOf(9) });
    expect(tables.entries("fdb lan")).toEqual({ [macOf(1, 1)]: vtepOf(9) });
    expect(tables.entries("peers main")).toEqual({ [vtepOf(9)]: "" });
    expect(tables.floods.get("lan")).toEqual([vtepOf(9)]);
    expect(tables.changes).toEqual([
      "add peers 192.0.2.9",
      "replace fdb 02:00:00:00:00:01",
      "replace fdb 02:00:01:00:00:01",
      "add neighbours 192.0.2.9",
      "replace routes 10.1.0.0/16",
      "del neighbours 192.0.2.1",
      "del peers 192.0.2.1",
    ]);
  });

  it("of one endpoint touches this one alone", async () => {
    const { tables, tell } = await bench();
    await tell(node(1), node(2));
    tables.changes.length = 0;
    const endpoints = [...bridged(1).endpoints, { mac: macOf(1, 2), addresses: ["172.16.1.1"] }];
    await tell(node(1, { networks: [routed(1), bridged(1, { endpoints })] }));
    expect(tables.changes).toEqual(["add fdb 02:00:02:00:00:01", "add hosts 172.16.1.1"]);
  });

  it("that comes while another is written is written after it", async () => {
    const { tables, driver, overlay } = await bench();
    driver.listener?.changed(node(1));
    await new Promise((resolve) => setImmediate(resolve));
    driver.listener?.changed(node(2));
    driver.listener?.gone("n1");
    await overlay.idle();
    expect(tables.entries("peers main")).toEqual({ [vtepOf(2)]: "" });
    expect(tables.entries("routes blue")).toEqual({ "10.2.0.0/16": vtepOf(2) });
  });
});

describe("what moves to another node", () => {
  const moved = bridged(2, {
    endpoints: [...bridged(2).endpoints, { mac: macOf(1, 1), addresses: ["172.16.0.1"] }],
  });

  it("is where it was claimed last, also while the old node still has it", async () => {
    const { tables, tell, overlay, lines } = await bench();
    await tell(node(1), node(2));
    tables.changes.length = 0;
    await tell(node(2, { networks: [moved] }));
    expect(tables.changes.filter((one) => one.includes("fdb"))).toEqual([
      "replace fdb 02:00:01:00:00:01",
      "del fdb 02:00:00:00:00:02",
    ]);
    expect(tables.table("fdb lan").get(macOf(1, 1))).toBe(vtepOf(2));
    expect(overlay.view.fabric().conflicts).toEqual([
      { kind: "mac", where: "lan", entry: macOf(1, 1), winner: "n2", losers: ["n1"] },
      { kind: "address", where: "lan", entry: "172.16.0.1", winner: "n2", losers: ["n1"] },
    ]);
    expect(lines[0]).toMatchObject({ network: "lan", winner: "n2", losers: ["n1"] });
    await tell(node(1, { networks: [bridged(1, { endpoints: [] })] }));
    expect(overlay.view.fabric().conflicts).toEqual([]);
    expect(tables.table("fdb lan").get(macOf(1, 1))).toBe(vtepOf(2));
  });

  it("goes back when the new node is gone", async () => {
    const { tables, tell, gone } = await bench();
    await tell(node(1), node(2));
    await tell(node(2, { networks: [moved] }));
    await gone("n2");
    expect(tables.table("fdb lan").get(macOf(1, 1))).toBe(vtepOf(1));
    expect(tables.table("hosts lan").get("172.16.0.1")).toBe(macOf(1, 1));
  });

  it("may be an address with a new MAC, or a prefix", async () => {
    const { tables, tell } = await bench();
    await tell(node(1), node(2));
    const endpoints = [{ mac: macOf(2, 5), addresses: ["172.16.0.1"] }];
    const prefixes = ["10.1.0.0/16", "10.2.0.0/16"];
    const networks = [routed(2, { prefixes }), bridged(2, { endpoints })];
    await tell(node(2, { networks }));
    expect(tables.table("hosts lan").get("172.16.0.1")).toBe(macOf(2, 5));
    expect(tables.table("routes blue").get("10.1.0.0/16")).toBe(vtepOf(2));
    expect(tables.changes).toContain("replace routes 10.1.0.0/16");
    await tell(node(1, { networks: [routed(1, { prefixes: [] })] }));
    expect(tables.table("routes blue").get("10.1.0.0/16")).toBe(vtepOf(2));
  });

  it("may be one address out of the prefix of another node", async () => {
    const { tables, tell, overlay } = await bench();
    await tell(node(1), node(2));
    const endpoints = [{ mac: "", addresses: ["10.1.0.7"] }];
    await tell(node(2, { networks: [routed(2, { endpoints })] }));
    expect(tables.table("routes blue").get("10.1.0.7/32")).toBe(vtepOf(2));
    expect(tables.table("routes blue").get("10.1.0.0/16")).toBe(vtepOf(1));
    expect(overlay.view.fabric().conflicts).toEqual([]);
  });
});
