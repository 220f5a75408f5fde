import type { PortRef } from "../agent/forwarding-view.ts";
import { portName } from "../dataplane/forwarding-find.ts";
import type { Column } from "./table.ts";

/** Columns that say which port a row is about. */
export const PORT_COLUMNS: Column<PortRef>[] = [
  { title: "PORT", cell: ({ port }) => port, align: "right" },
  { title: "INTERFACE", cell: portName },
];
