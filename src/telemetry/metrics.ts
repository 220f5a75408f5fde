import { Registry } from "prom-client";
import type { AgentView } from "../agent/view.ts";
import type { MirrorStatus } from "../dataplane/native.ts";
import { PathMtuMetrics } from "../vxlan/path-mtu-metrics.ts";
import type { PathMtuView } from "../vxlan/path-mtu-view.ts";
import type { OverlayCounts } from "../vxlan/view.ts";
import { AgentMetrics } from "./agent-metrics.ts";
import { CniMetrics } from "./cni-metrics.ts";
import { MirrorMetrics } from "./mirror-metrics.ts";
import { OverlayMetrics } from "./overlay-metrics.ts";
import { PortMetrics } from "./port-metrics.ts";
import { ProcessMetrics } from "./process-metrics.ts";
import { VfMetrics, type VfMetricsSource } from "./vf-metrics.ts";
import { WorkerMetrics } from "./worker-metrics.ts";

export interface Metrics {
  readonly contentType: string;
  /** Takes over the totals of ports. Call it before ports go, or their last counts are lost. */
  refreshPorts(): void;
  /** Prometheus text format 0.0.4, refreshed. */
  scrape(): Promise<string>;
  /** Counts one CNI call. `code` is an error code of the CNI specification, 0 for success. */
  observeCni(verb: string, code: number, seconds: number): void;
}

/** What an agent has beside its ports; of what is left out there are no metrics. */
export interface MetricSources {
  /** How the kernel's tables are followed. */
  mirror?: () => MirrorStatus;
  /** How the fabric is followed. */
  overlay?: () => OverlayCounts;
  /** What is known of the paths to other VTEPs. */
  paths?: () => PathMtuView[];
  /** VFs of the node. */
  vfs?: VfMetricsSource;
}

/** Metrics of one agent in a registry of their own. Nothing is sampled between scrapes. */
export function createMetrics(
  view: AgentView,
  { mirror, overlay, paths, vfs }: MetricSources = {},
): Metrics {
  const registry = new Registry();
  const cni = new CniMetrics(registry);
  const ports = new PortMetrics(registry);
  const parts = [
    new AgentMetrics(registry),
    ports,
    new WorkerMetrics(registry),
    new ProcessMetrics(registry),
  ];
  const mirrorMetrics = mirror && new MirrorMetrics(registry);
  const overlayMetrics = overlay && new OverlayMetrics(registry);
  const pathMetrics = paths && new PathMtuMetrics(registry);
  const vfMetrics = vfs && new VfMetrics(registry, vfs);
  const refresh = () => {
    for (const part of parts) part.refresh(view);
    if (mirror) mirrorMetrics?.refresh(mirror());
    if (overlay) overlayMetrics?.refresh(overlay());
    if (paths) pathMetrics?.refresh(paths());
    vfMetrics?.refresh();
  };
  return {
    contentType: registry.contentType,
    refreshPorts: () => ports.refresh(view),
    async scrape() {
      await vfMetrics?.read();
      refresh();
      return registry.metrics();
    },
    observeCni: (verb, code, seconds) => cni.observe(verb, code, seconds),
  };
}
