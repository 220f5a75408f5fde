import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Node, request } from "../agent/fixture.ts";
import { bootId } from "../store/boot-id.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { countSpooled, metricSources } from "./run-agent.ts";

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

it("What a pod has moved stays in the metrics when its DEL comes out of the spool", async () => {
  const agent = await node.start();
  const metrics = createMetrics(agent.view);
  countSpooled(agent, metrics, pino({ level: "silent" }));
  await agent.attacher.attach(request(1));
  const { port } = agent.view.ports()[0] ?? {};
  expect(port).toBe(0);
  // The sixth word of a port's block counts its drops for want of a route.
  node.native.dataplane?.options.counters.set([7n, 4200n, 0n, 0n, 0n, 3n], 4 * 8);
  const env = { CNI_COMMAND: "DEL", CNI_CONTAINERID: "pod1", CNI_IFNAME: "net1", CNI_PATH: "/" };
  const config = JSON.stringify({ cniVersion: "1.1.0", name: "blue-net", type: "millrace" });
  const microseconds = Number(process.hrtime.bigint() / 1000n);
  const called = { bootId: bootId(), microseconds };
  writeFileSync(join(node.stateDir, "spool/1.json"), JSON.stringify({ env, config, called }));
  await vi.waitFor(() => expect(agent.view.ports()).toEqual([]), 5000);
  expect(await metrics.scrape()).toContain(
    'millrace_drops_total{reason="no-route",network="blue"} 3',
  );
});
