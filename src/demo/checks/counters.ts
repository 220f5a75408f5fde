import { CLI } from "../../../test/harness/paths.ts";
import { must } from "../../../test/harness/run.ts";
import type { CountersView } from "../../agent/view.ts";
import { formatBytes } from "../../cli/units.ts";
import type { ShownCheck } from "../check.ts";
import type { Stage } from "../stage.ts";
import type { Section } from "../step.ts";

const ROW = "forwarded";

/** What the command line tells a user: counters of everything, drops by reason. */
export const counterSection: Section = {
  title: 'Counters ("millrace counters")',
  steps: [
    {
      name: "counters",
      label: "forwarded by the ring loop",
      unit: "packets",
      row: ROW,
      run: showCounters,
    },
  ],
};

async function showCounters({ agent, scope }: Stage): Promise<ShownCheck[]> {
  const args = [CLI, "counters", "--json", "--socket", agent.socket];
  const printed = await must(process.execPath, args, { signal: scope.signal });
  const { ports } = JSON.parse(printed) as CountersView;
  const total = (name: string) => ports.reduce((sum, port) => sum + (port.counters[name] ?? 0), 0);
  const packets = total("tx_packets");
  const text = `${packets} packets, ${formatBytes(total("tx_bytes"))}`;
  const forwarded: ShownCheck = {
    name: "counters",
    label: "forwarded by the ring loop",
    row: ROW,
    ok: packets > 0,
    value: packets,
    unit: "packets",
    text,
    cell: text,
  };
  return [forwarded, ...Object.entries(sumDrops(ports)).map(showDrop)];
}

function sumDrops(ports: CountersView["ports"]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { drops } of ports) {
    for (const [reason, count] of Object.entries(drops)) {
      if (count > 0) sums[reason] = (sums[reason] ?? 0) + count;
    }
  }
  return sums;
}

/** Dropping is part of the work; the drops that must happen are checked where they are provoked. */
function showDrop([reason, count]: [string, number]): ShownCheck {
  return {
    name: `drops-${reason}`,
    label: `dropped: ${reason}`,
    ok: true,
    value: count,
    unit: "packets",
    text: `${count} packets`,
    row: "drops by reason",
    cell: `${reason} ${count}`,
  };
}
