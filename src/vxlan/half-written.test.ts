import { afterEach, describe, expect, it } from "vitest";
import type { FabricEndpoint, FabricNetwork, FabricNode } from "../fabric/fabric.ts";
import { type Bench, bench, bridged, cleanUp, macOf, node, routed, vtepOf } from "./fixture.ts";

afterEach(cleanUp);

/** What a node that was fine leaves in the tables when it is told like this. */
async function afterTelling(told: FabricNode): Promise<Bench & { reasons: string[] }> {
  const all = await bench();
  await all.tell(node(1));
  all.tables.changes.length = 0;
  await all.tell(told);
  const { rejected } = all.overlay.view.fabric();
  expect(rejected.map(({ entry }) => entry)).toEqual(rejected.map(() => "n1"));
  return { ...all, reasons: rejected.map(({ reason }) => reason) };
}

const withBlue = (more: Partial<FabricNetwork>) =>
  node(1, { networks: [routed(1, more), bridged(1)] });

describe("a node that is half-written keeps what it had", () => {
  it("without any VTEP", async () => {
    const { tables, reasons } = await afterTelling(node(1, { vteps: [], networks: [] }));
    expect(tables.changes).toEqual([]);
    expect(reasons).toEqual(["none of its VTEPs has an address"]);
  });

  it("with addresses that are none, or nobody's", async () => {
    const vteps = [{ udpPort: 4789, address4: "192.0.2", address6: "ff02::1" }];
    const { tables, reasons } = await afterTelling(node(1, { vteps }));
    expect(tables.changes).toEqual([]);
    expect(reasons).toEqual(["none of its VTEPs has an address"]);
  });

  it("with a VTEP that has another UDP port", async () => {
    const vteps = [{ udpPort: 8472, address4: vtepOf(1), address6: "" }];
    const { tables, reasons } = await afterTelling(node(1, { vteps }));
    expect(tables.changes).toEqual([]);
    expect(reasons).toEqual(["no VTEP on UDP port 4789, that of our main"]);
  });

  it("with a VNI that is on another UDP port", async () => {
    const { tables, reasons } = await afterTelling(withBlue({ udpPort: 8472, prefixes: [] }));
    expect(tables.changes).toEqual([]);
    expect(reasons).toEqual(["VNI 100 is on UDP port 8472 there and on 4789 here"]);
  });

  it("without the MAC of its VTEP", async () => {
    const { tables, reasons } = await afterTelling(withBlue({ mac: "" }));
    expect(tables.changes).toEqual([]);
    expect(reasons).toEqual(['VNI 100: mac = "" is not that of a VTEP']);
  });

  it("with a prefix that is none, beside which others are taken", async () => {
    const { tables, reasons } = await afterTelling(
      withBlue({ prefixes: ["10.1.0.0/", "10.7.0.0/16"] }),
    );
    expect(tables.changes).toEqual(["add routes 10.7.0.0/16"]);
    expect(reasons).toEqual([
      'VNI 100: prefix "10.1.0.0/": the length of an IPv4 prefix is 0 to 32',
    ]);
  });

  it("with an endpoint that is none, beside which others are taken", async () => {
    const endpoints = [
      { mac: "02:00:01:00:00", addresses: ["172.16.0.1"] },
      { mac: macOf(1, 9), addresses: ["172.16.9.1", "172.16.9"] },
    ];
    const { tables, reasons } = await afterTelling(
      node(1, { networks: [routed(1), bridged(1, { endpoints })] }),
    );
    expect(tables.changes).toEqual(["add fdb 02:00:09:00:00:01", "add hosts 172.16.9.1"]);
    expect(reasons).toEqual([
      'VNI 200: endpoint "02:00:01:00:00" is no MAC address',
      'VNI 200: endpoint 02:00:09:00:00:01: "172.16.9" is no address',
    ]);
  });
});

describe("an endpoint whose address is half-written", () => {
  it("keeps what it had, while another that is gone goes", async () => {
    const all = await bench();
    const lan = (endpoints: FabricEndpoint[]) =>
      node(1, { networks: [routed(1), bridged(1, { endpoints })] });
    await all.tell(lan([1, 2].map((n) => ({ mac: macOf(1, n), addresses: [`172.16.0.${n}`] }))));
    await all.tell(lan([{ mac: macOf(1, 2), addresses: ["172.16.0"] }]));
    expect(all.tables.entries("hosts lan")).toEqual({ "172.16.0.2": macOf(1, 2) });
    expect(all.tables.entries("fdb lan")).toEqual({ [macOf(1, 2)]: vtepOf(1) });
  });
});

describe("a node that was never whole", () => {
  it("gets nothing, is listed, and holds up nobody", async () => {
    const { tables, tell, overlay, lines } = await bench();
    await tell(node(1, { vteps: [] }), node(2));
    expect(tables.entries("peers main")).toEqual({ [vtepOf(2)]: "" });
    const { rejected } = overlay.view.fabric();
    expect(rejected).toEqual([{ entry: "n1", reason: "none of its VTEPs has an address" }]);
    expect(lines[0]).toMatchObject({ node: "n1", reason: rejected[0]?.reason });
    await tell(node(1));
    expect(overlay.view.fabric().rejected).toEqual([]);
    expect(tables.table("routes blue").size).toBe(2);
  });

  it("is reached in the networks that make sense", async () => {
    const { tables, tell } = await bench();
    await tell(withBlue({ mac: "01:00:5e:00:00:01" }));
    expect(tables.entries("routes blue")).toEqual({});
    expect(tables.entries("fdb lan")).toEqual({ [macOf(1, 1)]: vtepOf(1) });
  });
});

describe("a node that is whole", () => {
  it("loses a network that it has left, and all when it shares none any more", async () => {
    const { tables, tell, overlay } = await bench();
    await tell(node(1));
    await tell(node(1, { networks: [routed(1)] }));
    expect(tables.entries("fdb lan")).toEqual({});
    expect(tables.floods.get("lan")).toEqual([]);
    const vteps = [{ udpPort: 8472, address4: vtepOf(1), address6: "" }];
    await tell(node(1, { vteps, networks: [routed(1, { vni: 999, udpPort: 8472 })] }));
    expect(tables.entries("peers main")).toEqual({});
    expect(overlay.view.fabric().rejected).toEqual([]);
  });

  it("is complete again after a half-written one, without what went in between", async () => {
    const { tables, tell } = await bench();
    await tell(node(1));
    for (const _ of [1, 2, 3]) await tell(withBlue({ prefixes: ["10.7.0.0/16", "x"] }));
    await tell(withBlue({ prefixes: ["10.7.0.0/16"] }));
    expect(tables.entries("routes blue")).toEqual({ "10.7.0.0/16": vtepOf(1) });
  });
});
