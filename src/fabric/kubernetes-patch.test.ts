import { expect, test } from "vitest";
import type { FabricNode } from "./fabric.ts";
import type { NodeObject } from "./kubernetes-client.ts";
import { type AnnotationMode, differenceOf } from "./kubernetes-patch.ts";

const FLANNEL = "flannel.alpha.coreos.com";
const own: FabricNode = {
  name: "a",
  vteps: [{ udpPort: 8472, address4: "192.0.2.11", address6: "" }],
  networks: [
    {
      ...{ vni: 1, udpPort: 8472, mac: "0a:00:00:00:00:0b" },
      ...{ prefixes: ["10.244.1.0/24"], endpoints: [] },
    },
  ],
};
const object = (annotations: Record<string, string>, podCIDRs = ["10.244.1.0/24"]): NodeObject => ({
  metadata: { name: "a", resourceVersion: "1", annotations },
  spec: { podCIDRs },
});

/** The annotations after a merge patch (RFC 7386). */
function patched(annotations: Record<string, string>, patch: Record<string, string | null>) {
  const all = Object.entries({ ...annotations, ...patch });
  return Object.fromEntries(all.filter(([, value]) => value !== null)) as Record<string, string>;
}

const differenceIn = (mode: AnnotationMode, node: FabricNode, object: NodeObject) =>
  differenceOf(node, object, { annotations: mode, flannelBackendVni: 1 });

const MODES = ["millrace", "flannel", "both"] as const;

test.each(MODES)("once it is patched nothing differs, in mode %s", (mode) => {
  const before = { "example.org/other": "1", "millrace.io/endpoints-1-2": "[]" };
  const { patch, problems } = differenceIn(mode, own, object(before));
  expect(problems).toEqual([]);
  expect(Object.keys(patch).length).toBeGreaterThan(1);
  const after = patched(before, patch);
  expect(after).toMatchObject({ "example.org/other": "1" });
  expect(after).not.toHaveProperty(["millrace.io/endpoints-1-2"]);
  expect(differenceIn(mode, own, object(after))).toEqual({ patch: {}, problems: [] });
});

test("our own annotations are leftovers in mode flannel, flannel's are not ours in mode millrace", () => {
  const both = patched({}, differenceIn("both", own, object({})).patch);
  expect(differenceIn("flannel", own, object(both)).patch).toEqual({
    ...{ "millrace.io/vteps": null, "millrace.io/networks": null },
  });
  const moved = { ...own, vteps: [{ udpPort: 8472, address4: "192.0.2.99", address6: "" }] };
  expect(Object.keys(differenceIn("millrace", moved, object(both)).patch)).toEqual([
    "millrace.io/vteps",
  ]);
  expect(Object.keys(differenceIn("both", moved, object(both)).patch)).toEqual([
    ...["millrace.io/vteps", `${FLANNEL}/public-ip`],
  ]);
});

test("flannel's annotations stay while we do not know what to say", () => {
  const both = patched({}, differenceIn("both", own, object({})).patch);
  const { patch, problems } = differenceIn("both", own, object(both, []));
  expect(patch).toEqual({});
  expect(problems).toMatchObject([{ key: "spec.podCIDRs" }]);
});
