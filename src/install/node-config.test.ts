import { expect, it } from "vitest";
import { parse } from "yaml";
import type { NodeFacts } from "../fabric/flannel-annotations.ts";
import { configOfNode } from "./node-config.ts";

const NODE: NodeFacts = {
  podCidrs: ["10.244.3.0/24", "fd00:3::/64"],
  annotations: { "millrace.io/blue": "10.1.3.0/24, fd01:3::/64" },
};

const make = (config: unknown, node = NODE) =>
  configOfNode(JSON.stringify(config), "agent.yaml", "node3", async () => node);

const networkOf = (nodePrefixes: unknown, more = {}) => ({
  networks: [{ name: "blue", nodePrefixes, ...more }],
});

it("the prefixes of a network are those that the Node has for pods", async () => {
  const made = parse(await make(networkOf("podCIDRs")));
  expect(made.networks).toEqual([{ name: "blue", nodePrefixes: NODE.podCidrs }]);
});

it("the prefixes of a network are in an annotation of the Node", async () => {
  const made = parse(await make(networkOf("annotation millrace.io/blue")));
  expect(made.networks[0].nodePrefixes).toEqual(["10.1.3.0/24", "fd01:3::/64"]);
});

it("the API is not asked when everything is in the file, which stays as it is", async () => {
  const text = "# ours\nnetworks:\n  - name: blue\n    nodePrefixes: [ 10.1.0.0/24 ]\n";
  const made = await configOfNode(text, "agent.yaml", "node3", () => {
    throw new Error("asked");
  });
  expect(made).toBe(text);
});

it("the fabric is told the name of the Node, unless another one is given", async () => {
  const fabric = { driver: "static", nodes: [] };
  expect(parse(await make({ fabric })).fabric.nodeName).toBe("node3");
  const named = await make({ fabric: { ...fabric, nodeName: "other" } });
  expect(parse(named).fabric.nodeName).toBe("other");
});

it("a Node that has no prefixes is named, with what to do", async () => {
  const bare = { podCidrs: [], annotations: {} };
  await expect(make(networkOf("podCIDRs"), bare)).rejects.toThrow(
    /networks\[0\].nodePrefixes = "podCIDRs": the Node node3 has none; accepted: .*allocate-node-cidrs/,
  );
  await expect(make(networkOf("annotation x.io/y"), bare)).rejects.toThrow(
    "kubectl annotate node node3 x.io/y=PREFIX[,PREFIX]",
  );
});

it("another text, a prefix that is none, and what is no YAML are refused as the agent does", async () => {
  await expect(make(networkOf("podCidr"))).rejects.toThrow('"podCIDRs" or "annotation NAME"');
  const odd = { ...NODE, podCidrs: ["10.244.3.1/24"] };
  await expect(make(networkOf("podCIDRs"), odd)).rejects.toThrow("nodePrefixes[0]");
  const broken = configOfNode("networks: [", "agent.yaml", "node3", async () => NODE);
  await expect(broken).rejects.toThrow("agent.yaml");
});
