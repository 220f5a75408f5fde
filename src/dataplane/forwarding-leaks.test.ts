import { describe, expect, it } from "vitest";
import { leakLoop } from "./forwarding-leaks.ts";
import type { Leak, TableNetwork } from "./forwarding-model.ts";

function network(name: string, ...prefixes: string[]): TableNetwork {
  const none = { gateways: [], mirrorTable: 0, leaks: [], overlay: null };
  return { id: 0, name, kind: "routed", prefixes, ...none };
}

const NETWORKS = [network("a", "10.1.0.0/24"), network("b", "10.2.0.0/24"), network("c")];

const leak = (from: string, to: string, prefix: string): Leak => ({ from, to, prefix });

describe("leakLoop", () => {
  it("lets two networks leak their own pods to each other", () => {
    const back = [leak("b", "a", "10.1.0.0/24")];
    expect(leakLoop(NETWORKS, back, leak("a", "b", "10.2.0.0/24"))).toBeNull();
  });

  it("lets a network leak everything to one that leaks its pods back", () => {
    expect(
      leakLoop(NETWORKS, [leak("b", "a", "10.1.0.0/24")], leak("a", "b", "0.0.0.0/0")),
    ).toBeNull();
    expect(
      leakLoop(NETWORKS, [leak("a", "b", "0.0.0.0/0")], leak("b", "a", "10.1.0.0/24")),
    ).toBeNull();
  });

  it("finds the way back over a third network", () => {
    const way = [leak("b", "c", "10.0.0.0/8"), leak("c", "a", "10.9.0.0/16")];
    expect(leakLoop(NETWORKS, way, leak("a", "b", "10.9.1.0/24"))).toEqual(["a", "b", "c", "a"]);
  });

  it("finds nothing where the prefixes do not meet", () => {
    const way = [leak("b", "c", "10.9.0.0/24"), leak("c", "a", "10.9.1.0/24")];
    expect(leakLoop(NETWORKS, way, leak("a", "b", "10.9.0.0/16"))).toBeNull();
  });

  it("ends in a circle that the new leak is no part of", () => {
    const circle = [leak("b", "c", "10.9.0.0/16"), leak("c", "b", "10.9.0.0/16")];
    expect(leakLoop(NETWORKS, circle, leak("a", "b", "10.9.0.0/16"))).toBeNull();
  });

  it("finds a leak to the network itself", () => {
    expect(leakLoop(NETWORKS, [], leak("a", "a", "10.9.0.0/16"))).toEqual(["a", "a"]);
  });
});
