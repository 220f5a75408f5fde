import type { Command } from "commander";
import type { AttachmentView } from "../agent/view.ts";
import { addShowCommand } from "./show.ts";
import { type Column, renderTable } from "./table.ts";
import { formatDuration } from "./units.ts";

// Runtimes use 64 hex digits; crictl and docker show this many too.
const SHORT_ID = 13;

const columns = (now: number): Column<AttachmentView>[] => [
  { title: "CONTAINER", cell: ({ containerId }) => containerId.slice(0, SHORT_ID) },
  { title: "POD", cell: ({ pod }) => (pod === null ? null : `${pod.namespace}/${pod.name}`) },
  { title: "INTERFACE", cell: ({ ifname }) => ifname },
  { title: "NETWORK", cell: ({ network }) => network || null },
  { title: "STATE", cell: ({ state }) => state },
  {
    title: "ADDRESSES",
    cell: ({ addresses }) => addresses.map(({ address }) => address).join("\n") || null,
  },
  { title: "MAC", cell: ({ podMac }) => podMac },
  { title: "HOST END", cell: ({ hostName, vf }) => vf?.address ?? hostName },
  { title: "PORT", cell: ({ port }) => port, align: "right" },
  { title: "MODE", cell: ({ mode, vf }) => (vf ? "vf" : mode) },
  { title: "AGE", cell: ({ createdAt }) => formatDuration((now - Date.parse(createdAt)) / 1000) },
];

export function renderAttachments(attachments: AttachmentView[], now = Date.now()): string {
  if (attachments.length === 0) return "no attachments: no runtime has called ADD\n";
  return renderTable(columns(now), attachments);
}

export function addAttachmentsCommand(program: Command): void {
  addShowCommand(program, {
    name: "attachments",
    description: "show which pod interfaces are attached, where and with which addresses",
    ask: (client) => client.attachments(),
    render: (attachments) => renderAttachments(attachments),
  });
}
