import { describe, expect, it } from "vitest";
import { CONTAINER, DEFAULT_NETWORK, MIRROR, NETWORKS, VFS } from "./annotations.ts";
import { applyPatch, decide, definitions, NOBODY_ASKS, podWith, requestOf } from "./fixture.ts";

const DEFINED = definitions({
  "shop/fast": { resourceName: "millrace.io/fast" },
  "infra/dpdk": { resourceName: "intel.com/dpdk", nodeSelector: "zone=a" },
  "infra/other": { resourceName: "", nodeSelector: '{"zone": "b"}' },
  "shop/plain": {},
  "shop/odd": { resourceName: "cpu" },
  "shop/nowhere": { nodeSelector: "zone=a=b" },
});

async function admit(annotations: Record<string, string>, spec = {}, find = DEFINED) {
  const pod = podWith(annotations, spec);
  const decision = await decide(requestOf(pod), find);
  const after = applyPatch(pod, decision.patch ?? []) as {
    spec: { containers: { resources: { limits?: unknown } }[]; nodeSelector?: unknown };
  };
  const again = await decide(requestOf(after), find);
  expect(again.patch ?? []).toEqual([]);
  return { ...decision, limits: after.spec.containers.map((one) => one.resources.limits), after };
}

describe("a pod gets", () => {
  it("one of a resource for each network that has it", async () => {
    const { outcome, limits } = await admit({ [NETWORKS]: "fast, fast@net2, plain" });
    expect(outcome).toBe("patched");
    expect(limits).toEqual([{ "millrace.io/fast": "2" }, undefined]);
  });

  it("what its default network, its networks and its pools need, in sum", async () => {
    const { limits, after } = await admit({
      [DEFAULT_NETWORK]: "dpdk",
      [NETWORKS]: '[{"name": "fast"}, {"name": "dpdk", "namespace": "infra"}]',
      [VFS]: "fast=2, x",
    });
    expect(limits[0]).toEqual({
      ...{ "intel.com/dpdk": "2", "millrace.io/fast": "3", "millrace.io/x": "1" },
    });
    expect(after.spec.nodeSelector).toEqual({ zone: "a" });
  });

  it("it in the container that it names", async () => {
    const { limits } = await admit({ [VFS]: "fast", [CONTAINER]: "side" }, {}, NOBODY_ASKS);
    expect(limits).toEqual([undefined, { "millrace.io/fast": "1" }]);
  });

  it("nothing where its networks need nothing", async () => {
    expect(await admit({ [NETWORKS]: "plain" })).toMatchObject({ outcome: "unchanged", patch: [] });
  });

  it("no devices for networks that it is not attached to, and is told", async () => {
    const annotations = { [NETWORKS]: "missing", [VFS]: "fast" };
    const { limits, warnings } = await admit(annotations, { hostNetwork: true }, NOBODY_ASKS);
    expect(limits[0]).toEqual({ "millrace.io/fast": "1" });
    expect(warnings).toEqual([
      `${NETWORKS} is without effect: the pod is in the network of its host`,
    ]);
  });
});

describe("a pod is refused", () => {
  it.each([
    [
      "a network that is not there",
      { [NETWORKS]: "infra/fats" },
      `${NETWORKS} = "infra/fats": there`,
    ],
    ["a default network that is not there", { [DEFAULT_NETWORK]: "fast" }, "in namespace infra"],
    [
      "two default networks",
      { [DEFAULT_NETWORK]: "dpdk,other" },
      "several networks; accepted: one",
    ],
    ["a list that is none", { [NETWORKS]: "a b" }, 'names no network; accepted: a list like "fast'],
    ["a pool that is none", { [VFS]: "fast=many" }, '"fast=many"; accepted: pools of VFs'],
    ["a container that it has not", { [VFS]: "fast", [CONTAINER]: "db" }, "one of app, side"],
    [
      "a definition with a resource that nobody can offer",
      { [NETWORKS]: "odd" },
      'NetworkAttachmentDefinition shop/odd: annotation k8s.v1.cni.cncf.io/resourceName = "cpu": ' +
        'accepted: an extended resource like "millrace.io/fast"',
    ],
    [
      "a definition with labels that are none",
      { [NETWORKS]: "nowhere" },
      "shop/nowhere: annotation",
    ],
    [
      "networks of different nodes",
      { [NETWORKS]: "infra/dpdk, infra/other" },
      'infra/dpdk asks for zone = "a"; accepted: networks of the same nodes',
    ],
  ])("for %s, in words", async (_, annotations, words) => {
    const { outcome, allowed, refusal } = await admit(annotations as Record<string, string>);
    expect({ outcome, allowed }).toEqual({ outcome: "refused", allowed: false });
    expect(refusal?.message).toContain(words);
  });
});

describe("without any question to the API a pod is allowed", () => {
  const asks = { [NETWORKS]: "fast" };
  it.each([
    ["that has none of our annotations", podWith({ "example.org/x": "y" }), {}],
    ["that has no annotations at all", { metadata: {}, spec: {} }, {}],
    ["that asks for nothing", podWith({ [NETWORKS]: "", [VFS]: "", [CONTAINER]: "none" }), {}],
    ["of a namespace that is left alone", podWith(asks), { namespace: "kube-system" }],
    ["that a kubelet only shows", podWith({ ...asks, [MIRROR]: "1" }), {}],
    ["that is there already", podWith(asks), { operation: "UPDATE" }],
    ["that goes", null, { operation: "DELETE" }],
    ["when it is about a subresource", podWith(asks), { subResource: "status" }],
    ["when it is another object", podWith(asks), { kind: { group: "apps", kind: "Deployment" } }],
  ])("%s", async (_, object, request) => {
    expect(await decide(requestOf(object, request), NOBODY_ASKS)).toEqual({
      ...{ outcome: "ignored", allowed: true },
    });
  });
});

describe("while the API is away a pod", () => {
  const request = requestOf(podWith({ [NETWORKS]: "fast", [VFS]: "x" }));
  const away = async () => {
    throw new Error("connect ECONNREFUSED 10.96.0.1:443".padEnd(400, "."));
  };

  it("is allowed as it is, with a warning that fits", async () => {
    const decision = await decide(request, away);
    expect(decision).toMatchObject({ outcome: "undecided", allowed: true });
    expect(decision.patch).toBeUndefined();
    expect(decision.warnings?.[0]).toMatch(/^millrace has added no resources .*ECONNREFUSED/);
    expect(decision.warnings?.[0]?.length).toBeLessThanOrEqual(256);
  });

  it("is refused for now when that is wanted", async () => {
    const { allowed, refusal } = await decide(request, away, { onError: "refuse" });
    expect(allowed).toBe(false);
    expect(refusal).toMatchObject({ code: 503, reason: "ServiceUnavailable" });
    expect(refusal?.message).toContain("ECONNREFUSED");
  });

  it("is refused for what it says itself all the same", async () => {
    const bad = requestOf(podWith({ [NETWORKS]: "a b" }));
    expect(await decide(bad, away)).toMatchObject({ outcome: "refused", allowed: false });
  });
});
