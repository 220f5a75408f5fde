import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { OverlayMetrics } from "./overlay-metrics.ts";

test("The fabric has a gauge each for what can be wrong with it, and the VTEPs for their peers", async () => {
  const registry = new Registry();
  const metrics = new OverlayMetrics(registry);
  const counts = {
    connected: true,
    nodes: 999,
    synchronisedAt: 1_767_323_045_500,
    rejected: 2,
    conflicts: 3,
    peers: { main: 998, flannel: 0 },
  };
  metrics.refresh(counts);
  const samples = async () =>
    (await registry.metrics()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  expect(await samples()).toEqual([
    "millrace_fabric_connected 1",
    "millrace_fabric_nodes 999",
    "millrace_fabric_synchronised_timestamp_seconds 1767323045.5",
    "millrace_fabric_rejected 2",
    "millrace_fabric_conflicts 3",
    'millrace_vtep_peers{vtep="main"} 998',
    'millrace_vtep_peers{vtep="flannel"} 0',
  ]);
  metrics.refresh({ ...counts, connected: false });
  expect(await samples()).toContain("millrace_fabric_connected 0");
});
