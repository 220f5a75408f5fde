import { expect, test } from "vitest";
import {
  ANNOTATIONS_LIMIT,
  annotationBytes,
  fitAnnotations,
  RESERVED,
} from "./annotation-budget.ts";
import type { FabricEndpoint, FabricNode } from "./fabric.ts";
import { NETWORKS, readNodeAnnotations, VTEPS, writeNodeAnnotations } from "./node-annotations.ts";

const BUDGET = ANNOTATIONS_LIMIT - RESERVED;

function nodeWith(...counts: number[]): FabricNode {
  const endpoints = (count: number): FabricEndpoint[] =>
    Array.from({ length: count }, (_, i) => ({
      mac: `0e:00:00:00:${hex(i >> 8)}:${hex(i & 255)}`,
      addresses: [`10.0.${i >> 8}.${i & 255}`],
    }));
  return {
    name: "a",
    vteps: [{ udpPort: 4789, address4: "192.0.2.11", address6: "" }],
    networks: counts.map((count, i) => ({
      ...{ vni: i + 1, udpPort: 4789, mac: "", prefixes: [], endpoints: endpoints(count) },
    })),
  };
}

const hex = (byte: number) => byte.toString(16).padStart(2, "0");

test("what fits is published whole", () => {
  const node = nodeWith(100, 200);
  expect(fitAnnotations(node, 0)).toEqual({
    ...{ annotations: writeNodeAnnotations(node), problems: [] },
  });
});

test("endpoints that do not fit are left out and counted, from the end", () => {
  const node = nodeWith(2000, 3000, 10);
  const { annotations, problems } = fitAnnotations(node, 0);
  const bytes = annotationBytes(annotations);
  expect(bytes).toBeLessThanOrEqual(BUDGET);
  expect(bytes).toBeGreaterThan(BUDGET - 200);
  const read = readNodeAnnotations("a", Object.fromEntries(annotations));
  const kept = read?.networks.map((network) => network.endpoints.length) ?? [];
  expect(kept[0]).toBe(2000);
  expect(kept[1]).toBeGreaterThan(1000);
  expect(read?.networks[1]?.endpoints).toEqual(node.networks[1]?.endpoints.slice(0, kept[1]));
  expect(problems[0]).toEqual({
    key: "millrace.io/endpoints-4789-2",
    reason: expect.stringMatching(`^${kept[1]} of 3000 endpoints published: .* etcd driver`),
  });
});

test("what others have written counts, and VTEPs and networks go before endpoints", () => {
  const { annotations, problems } = fitAnnotations(nodeWith(10), BUDGET);
  expect([...annotations.keys()]).toEqual([VTEPS, NETWORKS]);
  expect(problems).toHaveLength(1);
  expect(problems[0]?.reason).toContain("0 of 10 endpoints");
});
