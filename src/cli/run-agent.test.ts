import { afterEach, beforeEach, expect, it } from "vitest";
import { Node } from "../agent/fixture.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { metricSources } from "./run-agent.ts";

const OVERLAY = "vteps: [{name: vtep0, underlay: under}]";
const NETWORKS = `networks:
  - {name: lan, kind: bridged, nodePrefixes: [10.3.0.0/24], vni: 200}
  - {name: under, uplinks: [{interface: eth1}]}`;

let node: Node;

beforeEach(() => {
  node = new Node();
});

afterEach(() => node.cleanUp());

it("An agent without a fabric has no metrics of one", async () => {
  const agent = await node.start();
  const text = await createMetrics(agent.view, metricSources(agent, {})).scrape();
  expect(text).toContain("millrace_mirror_running");
  expect(text).not.toMatch(/millrace_(fabric|vtep|peer)_/);
});

it("An agent with a fabric has its metrics, also before there are peers", async () => {
  node.kernel.addDevice("eth1");
  node.interfaces.set("eth1", ["192.0.2.1"]);
  const fabric = { driver: "static", nodes: [] } as const;
  const agent = await node.start(`${OVERLAY}\nfabric: ${JSON.stringify(fabric)}`, NETWORKS);
  const text = await createMetrics(agent.view, metricSources(agent, { fabric })).scrape();
  expect(text).toContain("millrace_fabric_connected 1");
  expect(text).toContain('millrace_vtep_peers{vtep="vtep0"} 0');
});
