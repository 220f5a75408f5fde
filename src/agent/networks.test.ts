import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Node } from "./fixture.ts";

let node: Node;

beforeEach(() => {
  node = new Node();
});

afterEach(() => node.cleanUp());

const one = (mirror: string) =>
  `networks: [{name: blue, nodePrefixes: [10.1.0.0/24], mirror: ${mirror}}]`;

describe("networks of an agent that starts", () => {
  it("are made with their kind and their gateways", async () => {
    await node.start(
      "",
      "networks: [{name: blue, nodePrefixes: [10.1.0.0/24]}, {name: lan, kind: bridged}]",
    );
    expect(node.native.dataplane?.networks).toMatchObject([
      { name: "blue", kind: "routed", gateway4: "10.1.0.1", gateway6: "", bridge: null },
      { name: "lan", kind: "bridged", gateway4: "", bridge: { fdbSize: 8192 } },
    ]);
  });

  it.each([
    ["{table: main}", 254],
    ["{table: 1000}", 1000],
    ["{vrf: vrf-blue}", 77],
  ])("follow the kernel's table of %s", async (mirror, table) => {
    node.kernel.addDevice("vrf-blue", { kind: "vrf", vrfTable: 77 });
    const agent = await node.start("", one(mirror));
    expect(node.native.dataplane?.mirrors).toEqual(new Map([[0, table]]));
    expect(agent.view.networks()[0]?.mirrorTable).toBe(table);
  });

  it("are refused when the VRF device is missing or none, and nothing is left running", async () => {
    await expect(node.start("", one("{vrf: vrf-blue}"))).rejects.toThrow(
      'networks[0].mirror.vrf = "vrf-blue": there is no such interface; accepted: a VRF device, ' +
        "of which this node has none; mirror.table names a table without one",
    );
    expect(node.native.dataplane).toMatchObject({ running: false, networks: [] });
    node.kernel.addDevice("vrf-blue", { kind: "dummy" });
    node.kernel.addDevice("vrf-red", { kind: "vrf", vrfTable: 78 });
    await expect(node.start("", one("{vrf: vrf-blue}"))).rejects.toThrow(
      "this interface is no VRF device; accepted: a VRF device of this node: vrf-red",
    );
  });

  it("leak to each other, whichever comes first", async () => {
    const leak = (prefix: string, network: string) =>
      `leaks: [{prefix: ${prefix}, network: ${network}}]`;
    const blue = `{name: blue, nodePrefixes: [10.1.0.0/24], ${leak("10.2.0.0/24", "red")}}`;
    const red = `{name: red, nodePrefixes: [10.2.0.0/24], ${leak("10.1.0.0/24", "blue")}}`;
    await node.start("", `networks: [${blue}, ${red}]`);
    expect(node.native.dataplane?.routes.get("0 10.2.0.0/24")).toMatchObject({ leakTo: 1 });
    expect(node.native.dataplane?.routes.get("1 10.1.0.0/24")).toMatchObject({ leakTo: 0 });
  });
});
