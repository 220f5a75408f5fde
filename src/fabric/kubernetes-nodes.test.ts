import { expect, test } from "vitest";
import { AnnotationError } from "./annotation-error.ts";
import type { FabricNode } from "./fabric.ts";
import type { NodeObject } from "./kubernetes-client.ts";
import { KnownNodes } from "./kubernetes-nodes.ts";

const MISSING_MS = 30;
let version = 0;

/** @param says "good 1", "bad" or "" for a Node without annotations */
const object = (name: string, says: string): NodeObject => ({
  metadata: { name, resourceVersion: `${++version}`, annotations: { says } },
  spec: { podCIDRs: [] },
});

function read({ metadata: { name, annotations } }: NodeObject): FabricNode | null {
  const says = annotations["says"] ?? "";
  if (says === "") return null;
  if (says === "bad") throw new AnnotationError("says", says, "accepted: good");
  const mac = says.slice("good ".length);
  const networks = [{ vni: 1, udpPort: 4789, mac, prefixes: [], endpoints: [] }];
  return { name, vteps: [], networks };
}

function openNodes() {
  const told: string[] = [];
  const listener = {
    changed: (node: FabricNode) => told.push(`${node.name} ${node.networks[0]?.mac}`),
    gone: (name: string) => told.push(`${name} gone`),
  };
  return { told, nodes: new KnownNodes(read, listener, MISSING_MS) };
}

const later = () => new Promise((resolve) => setTimeout(resolve, MISSING_MS + 5));

test("a node is told once for each state, however often the API tells it", () => {
  const { told, nodes } = openNodes();
  nodes.listed([object("b", "good 1"), object("c", "")]);
  nodes.changed(object("b", "good 1"));
  nodes.changed(object("b", "good 2"));
  expect(told).toEqual(["b 1", "b 2"]);
  expect(nodes.count).toBe(1);
  nodes.listed([object("c", "")]);
  expect(told.slice(2)).toEqual(["b gone"]);
  nodes.deleted("c");
  expect(told).toHaveLength(3);
});

test("what is known is nothing to be done, though kubelets change their Nodes all the time", () => {
  const { nodes } = openNodes();
  const [bad, none] = [object("b", "bad"), object("d", "")];
  expect(nodes.changed(object("c", "good 1"))).toBe(true);
  expect([nodes.changed(bad), nodes.changed(none)]).toEqual([true, true]);
  nodes.listed([object("c", "good 1"), bad, none]);
  expect([nodes.changed(object("c", "good 1")), nodes.changed(object("b", "bad"))]).toEqual([
    false,
    false,
  ]);
  expect(nodes.changed(object("c", "bad"))).toBe(true);
  const moved = object("d", "");
  expect(nodes.changed({ ...moved, spec: { podCIDRs: ["10.244.1.0/24"] } })).toBe(true);
});

test("a node whose annotations make no sense keeps its last good state for as long as that lasts", async () => {
  const { told, nodes } = openNodes();
  nodes.changed(object("b", "good 1"));
  nodes.changed(object("b", "bad"));
  expect(nodes.rejected()).toEqual([{ key: "b says", reason: "bad: accepted: good" }]);
  await later();
  nodes.listed([object("b", "bad")]);
  expect(told).toEqual(["b 1"]);
  expect(nodes.count).toBe(1);
  nodes.changed(object("b", "good 1"));
  expect(nodes.rejected()).toEqual([]);
  expect(told).toEqual(["b 1"]);
  nodes.changed(object("b", "bad"));
  nodes.deleted("b");
  expect(told).toEqual(["b 1", "b gone"]);
  expect(nodes.rejected()).toEqual([]);
});

test("a node without annotations is gone with the first list after its time, not before", async () => {
  const { told, nodes } = openNodes();
  nodes.changed(object("b", "good 1"));
  expect(nodes.untilExpiry()).toBeNull();
  const empty = object("b", "");
  nodes.changed(empty);
  expect(nodes.untilExpiry()).toBeLessThanOrEqual(MISSING_MS);
  nodes.listed([empty]);
  await later();
  nodes.changed(object("b", ""));
  expect(told).toEqual(["b 1"]);
  expect(nodes.rejected()).toMatchObject([{ key: "b metadata.annotations" }]);
  nodes.listed([object("b", "")]);
  expect(told).toEqual(["b 1", "b gone"]);
  expect(nodes.rejected()).toEqual([]);
  expect(nodes.untilExpiry()).toBeNull();
  nodes.changed(object("b", "good 1"));
  expect(told.slice(2)).toEqual(["b 1"]);
});

test("a node never seen with annotations is nobody's concern", () => {
  const { told, nodes } = openNodes();
  nodes.listed([object("c", "")]);
  expect(nodes.rejected()).toEqual([]);
  expect(told).toEqual([]);
});
