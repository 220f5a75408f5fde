import { describe, expect, it } from "vitest";
import { applyPatch } from "./fixture.ts";
import { patchFor } from "./patch.ts";
import { readPod } from "./pod.ts";

const FAST = "millrace.io/fast";

function patched(spec: Record<string, unknown>, need: number, container = 0) {
  const demand = { resources: new Map([[FAST, need]]), nodeSelector: new Map() };
  const pod = { spec };
  const patch = patchFor(readPod(pod), container, demand);
  const after = applyPatch(pod, patch);
  // Who calls us again must not get more.
  expect(patchFor(readPod(after), container, demand)).toEqual([]);
  return { patch, spec: after.spec as { containers: { resources: unknown }[] } };
}

const resources = (count: string, rest = {}) => ({
  limits: { [FAST]: count, ...rest },
  requests: { [FAST]: count, ...rest },
});

describe("the patch of a pod", () => {
  it.each([
    ["says nothing of resources", {}],
    ["has an empty object", { resources: {} }],
    ["has null", { resources: null }],
    ["has limits alone", { resources: { limits: {} } }],
    ["has null inside", { resources: { limits: null, requests: null } }],
  ])("adds requests and limits where the container %s", (_, container) => {
    const { spec } = patched({ containers: [{ name: "app", ...container }] }, 2);
    expect(spec.containers[0]?.resources).toEqual(resources("2"));
  });

  it("leaves all else of the container as it is", () => {
    const container = { name: "app", image: "web", resources: resources("1", { cpu: "100m" }) };
    const { spec } = patched({ containers: [container], volumes: [] }, 2);
    const after = { ...container, resources: resources("2", { cpu: "100m" }) };
    expect(spec).toEqual({ containers: [after], volumes: [] });
  });

  it.each(["2", "3", "1k"])("leaves %s, which is enough, as the author wrote it", (count) => {
    expect(
      patched({ containers: [{ name: "app", resources: resources(count) }] }, 2).patch,
    ).toEqual([]);
  });

  it("takes limits without requests for both, as the API does", () => {
    const container = { name: "app", resources: { limits: { [FAST]: "2" } } };
    expect(patched({ containers: [container] }, 2).patch).toEqual([]);
  });

  it("counts what other containers and sidecars have, and not what init containers give on", () => {
    const lasting = { name: "proxy", restartPolicy: "Always", resources: resources("1") };
    const passing = { name: "prepare", resources: resources("1") };
    const { spec } = patched(
      {
        containers: [{ name: "app" }, { name: "side", resources: resources("1") }],
        initContainers: [lasting, passing],
      },
      4,
    );
    expect(spec.containers.map((one) => one.resources)).toEqual([resources("2"), resources("1")]);
  });

  it("is for the container that is asked for", () => {
    const { spec } = patched({ containers: [{ name: "app" }, { name: "side" }] }, 1, 1);
    expect(spec.containers).toEqual([{ name: "app" }, { name: "side", resources: resources("1") }]);
  });
});

describe("the node selector of a pod", () => {
  const select = (nodeSelector: unknown, labels: Record<string, string>) => {
    const entries = Object.entries(labels).map(
      ([label, value]) => [label, { value, by: "infra/fast" }] as const,
    );
    const demand = { resources: new Map(), nodeSelector: new Map(entries) };
    const pod = { spec: { containers: [{ name: "app" }], nodeSelector } };
    return applyPatch(pod, patchFor(readPod(pod), 0, demand)).spec.nodeSelector;
  };

  it("gets the labels that networks ask for", () => {
    expect(select(undefined, { "example.org/a": "b" })).toEqual({ "example.org/a": "b" });
    expect(select({ disk: "ssd" }, { zone: "a", "t~1x": "" })).toEqual({
      ...{ disk: "ssd", zone: "a", "t~1x": "" },
    });
    expect(select({ zone: "a" }, { zone: "a" })).toEqual({ zone: "a" });
    expect(select({}, { constructor: "x" })).toEqual({ constructor: "x" });
  });

  it("is refused when it wants other nodes", () => {
    expect(() => select({ zone: "b" }, { zone: "a" })).toThrow(
      'spec.nodeSelector[zone] = "b": NetworkAttachmentDefinition infra/fast is only on nodes with ' +
        'zone = "a"; accepted: that, or none',
    );
  });
});
