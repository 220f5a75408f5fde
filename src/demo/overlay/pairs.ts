import type { ShownCheck } from "../check.ts";
import { type PingReport, ping } from "../checks/ping.ts";
import type { Section, Step } from "../step.ts";
import type { Tenant } from "./nodes.ts";
import {
  OVERLAY_PODS,
  type OverlayPod,
  type OverlayPodName,
  type OverlayStage,
  PLACES,
  partnerOf,
} from "./stage.ts";

/** All pairs of a tenant, both directions and both families. */
export const pairsSection: Section<OverlayStage> = {
  title: "Within a tenant, from node to node",
  steps: OVERLAY_PODS.map(pingStep),
};

function pingStep(name: OverlayPodName): Step<OverlayStage> {
  return {
    name: `overlay-ping-${name}`,
    label: `${name} → the other node`,
    unit: "ms",
    row: rowOf(PLACES[name].network),
    run: (stage) => pingPartner(stage.pods[name], partnerOf(stage, stage.pods[name])),
  };
}

async function pingPartner(from: OverlayPod, to: OverlayPod): Promise<ShownCheck[]> {
  const reports = [
    await ping(from, to.address(4).address),
    await ping(from, to.address(6).address),
  ];
  const [over4, over6] = reports.map(({ averageMs }) => averageMs ?? "-");
  const [sent, received] = [total(reports, "sent"), total(reports, "received")];
  return [
    {
      name: `overlay-ping-${from.name}`,
      label: `${from.name} → ${to.name}`,
      ok: sent > 0 && received === sent,
      value: reports[0]?.averageMs ?? 0,
      unit: "ms",
      text: `IPv4 ${over4} ms, IPv6 ${over6} ms round trip, ${received} of ${sent} answered`,
      row: rowOf(from.network),
      cell: `${from.name} → ${to.name} ${over4} ms`,
    },
  ];
}

/** A row for each tenant. */
function rowOf(tenant: Tenant): string {
  return `within ${tenant}`;
}

const total = (reports: readonly PingReport[], what: "sent" | "received"): number =>
  reports.reduce((sum, report) => sum + report[what], 0);
