import type { WaitingView } from "../agent/forwarding-view.ts";
import { colors } from "../telemetry/colors.ts";

/** Entries that the table does not have yet, one line each; "" when there are none. */
export function renderWaiting(waiting: readonly WaitingView[]): string {
  return waiting
    .map(({ network, entry, reason }) => {
      return `${colors.yellow("waiting")}  ${network} ${entry}: ${reason}\n`;
    })
    .join("");
}
