import { afterEach, describe, expect, it } from "vitest";
import type { FabricNode } from "../fabric/fabric.ts";
import { bench, bridged, cleanUp, node, routed, vtepOf } from "./fixture.ts";

afterEach(cleanUp);

const withEndpoint = (address: string): FabricNode => {
  const endpoints = [{ mac: "", addresses: [address] }];
  return node(1, { networks: [routed(1, { endpoints }), bridged(1)] });
};

describe("an address that is written with dots elsewhere", () => {
  it.each(["::506:708", "::5.6.7.8"])("is routed to as %s, beside other nodes", async (address) => {
    const { tables, tell } = await bench();
    await tell(withEndpoint(address), node(2));
    expect(tables.entries("routes blue")).toEqual({
      "10.1.0.0/16": vtepOf(1),
      "::506:708/128": vtepOf(1),
      "10.2.0.0/16": vtepOf(2),
    });
  });
});

describe("a node that nobody has foreseen", () => {
  /** Fails where it is read, and where what was read is made entries of. */
  const odd = {
    read: node(1, { networks: null as never }),
    followed: withEndpoint({ toString: () => "10.77.0.1" } as never),
  };

  it.each([
    ["read", odd.read],
    ["followed", odd.followed],
  ])("keeps what it had when it cannot be %s, is listed, and holds up nobody", async (how, told) => {
    const { tables, tell, overlay } = await bench();
    await tell(node(1));
    await tell(told, node(2));
    const both = { "10.1.0.0/16": vtepOf(1), "10.2.0.0/16": vtepOf(2) };
    expect(tables.entries("routes blue")).toEqual(both);
    const { rejected } = overlay.view.fabric();
    const reason = expect.stringContaining(`cannot be ${how}, and keeps what it had: `);
    expect(rejected).toEqual([{ entry: "n1", reason }]);
    await tell(withEndpoint("10.77.0.1"));
    expect(tables.entries("routes blue")).toEqual({ ...both, "10.77.0.1/32": vtepOf(1) });
    expect(overlay.view.fabric().rejected).toEqual([]);
  });

  it("gets nothing when it was never known, and goes like any other", async () => {
    const { tables, tell, gone, overlay } = await bench();
    await tell(odd.read, node(2));
    expect(tables.entries("peers main")).toEqual({ [vtepOf(2)]: "" });
    await gone("n1");
    expect(overlay.view.fabric().rejected).toEqual([]);
  });
});
