import { isIPv4 } from "node:net";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../config/load.ts";
import { CLUSTER6, NODE_NAMES, type NodeName, nodeConfig, TENANTS, VNIS } from "./nodes.ts";

const MACS = { node1: "02:5b:00:00:00:01", node2: "02:5b:00:00:00:02" };

function networksOf(node: NodeName) {
  const text = JSON.stringify(nodeConfig(node, MACS));
  const { networks } = parseConfig(text, `${node}.yaml`, { cpus: [0] });
  return TENANTS.map((tenant) => {
    const found = networks.find(({ name }) => name === tenant);
    if (found === undefined) throw new Error(`no network ${tenant}`);
    return found;
  });
}

const family4 = (prefixes: readonly string[]) =>
  prefixes.filter((prefix) => isIPv4(prefix.split("/")[0] ?? ""));

describe("the nodes of the overlay", () => {
  it("have both tenants, with the same IPv4 prefix and a VNI of its own each", () => {
    for (const node of NODE_NAMES) {
      const [green, amber] = networksOf(node);
      expect(family4(green?.nodePrefixes ?? [])).toHaveLength(1);
      expect(family4(amber?.nodePrefixes ?? [])).toEqual(family4(green?.nodePrefixes ?? []));
      expect([green?.vni, amber?.vni]).toEqual([VNIS.green, VNIS.amber]);
    }
    expect(VNIS.green).not.toBe(VNIS.amber);
    expect(CLUSTER6.green).not.toBe(CLUSTER6.amber);
  });

  it("take their own part of what a tenant has", () => {
    const [first, second] = NODE_NAMES.map((node) => networksOf(node)[0]);
    expect(first?.clusterPrefixes).toEqual(second?.clusterPrefixes);
    expect(family4(first?.nodePrefixes ?? [])).not.toEqual(family4(second?.nodePrefixes ?? []));
  });
});
