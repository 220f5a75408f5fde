import { describe, expect, it } from "vitest";
import { checkFastLanes } from "./fast-lanes.ts";
import { fixtureHost, fixtureNative } from "./fixture.ts";

const NETWORKS = `
networks:
  - {name: blue, nodePrefixes: [10.1.0.0/24], flowLane: true, portBackend: tc}
  - {name: red, nodePrefixes: [10.2.0.0/24], flowLane: true}
`;
const BTF = { "sys/kernel/btf/vmlinux": "" };

function findingsOn(
  kernel: string,
  { yaml = NETWORKS, tree = BTF as Record<string, string> } = {},
) {
  const probeHost = () => ({ ...fixtureNative().probeHost(), kernel });
  return checkFastLanes({ ...fixtureHost(tree, yaml), native: fixtureNative({ probeHost }) });
}

describe("checkFastLanes", () => {
  it("says nothing where no network has the keys", () => {
    expect(findingsOn("5.11.0", { yaml: "" })).toEqual([]);
  });

  it("names the networks that want them", () => {
    expect(findingsOn("6.18.1")).toMatchObject([
      { check: "flow lane", status: "ok", text: "wanted by blue, red" },
      { check: "ports of backend tc", status: "ok", text: "wanted by blue" },
    ]);
  });

  it("warns of a kernel without the lane, and calls one without tcx a problem", () => {
    expect(findingsOn("6.1.0-42-amd64")).toMatchObject([
      { status: "warning", text: expect.stringContaining("too old") },
      { status: "problem", remedy: "run Linux 6.6 or newer, or portBackend: xdp" },
    ]);
  });

  it("warns of a kernel without BTF", () => {
    const [lane] = findingsOn("6.18.1", { tree: {} });
    expect(lane).toMatchObject({ status: "warning", text: expect.stringContaining("no BTF") });
  });
});
