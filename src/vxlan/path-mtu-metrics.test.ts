import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { PathMtuMetrics } from "./path-mtu-metrics.ts";
import type { PathMtuView } from "./path-mtu-view.ts";

const peer = (vtep: string, state: PathMtuView["state"], mtu: number): PathMtuView => ({
  ...{ vtep, state, mtu },
  ...{ address: "10.0.0.2", linkMtu: 1500, since: 0 },
});

test("Peers are counted by VTEP and state, with the narrowest path of each", async () => {
  const registry = new Registry();
  const metrics = new PathMtuMetrics(registry);
  metrics.refresh([
    peer("a", "reduced", 1450),
    peer("a", "reduced", 1400),
    peer("a", "unknown", 0),
    peer("b", "black-hole", 1396),
  ]);
  const text = await registry.metrics();
  expect(text).toContain('millrace_peer_path_mtu_peers{vtep="a",state="reduced"} 2');
  expect(text).toContain('millrace_peer_path_mtu_peers{vtep="a",state="unknown"} 1');
  expect(text).toContain('millrace_peer_path_mtu_peers{vtep="b",state="ok"} 0');
  expect(text).toContain('millrace_peer_path_mtu_bytes{vtep="a",state="reduced"} 1400');
  expect(text).toContain('millrace_peer_path_mtu_bytes{vtep="b",state="black-hole"} 1396');
  expect(text).not.toContain('millrace_peer_path_mtu_bytes{vtep="a",state="unknown"}');
  metrics.refresh([]);
  expect(await registry.metrics()).not.toContain('vtep="a"');
});
