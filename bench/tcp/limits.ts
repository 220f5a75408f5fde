import type { AgentProcess } from "../../test/harness/agent-process.ts";
import { median } from "../lib/stats.ts";
import type { Path } from "./path.ts";
import type { Transfer } from "./transfer.ts";

/** Of XDP_STATISTICS: not a loss, the ring was drained. */
const harmless = "tx_ring_empty_descs";

/** What kept Millrace from going faster: its CPU time and what it dropped, over all rounds. */
export async function describeLimits(result: {
  path: Path;
  transfers: readonly Transfer[];
}): Promise<string[]> {
  const { path, transfers } = result;
  if (path.agent === null) return [];
  const cpus = median(transfers.flatMap(({ agentCpus }) => agentCpus ?? []));
  const lost = await losses(path.agent);
  const words = lost.length > 0 ? lost.join(", ") : "no packet lost";
  return [`${path.subject}: the agent used ${cpus.toFixed(2)} CPUs; in all rounds ${words}`];
}

/** Drops by reason, and what the kernel dropped before its rings. */
async function losses({ client }: AgentProcess): Promise<string[]> {
  const sums = new Map<string, number>();
  const add = (counts: Record<string, number>) => {
    for (const [name, count] of Object.entries(counts)) {
      if (count > 0 && name !== harmless) sums.set(name, (sums.get(name) ?? 0) + count);
    }
  };
  for (const { drops } of (await client.counters()).ports) add(drops);
  for (const { kernel } of await client.ports()) if (kernel !== null) add(kernel);
  return [...sums].map(([name, count]) => `${name} ${count.toLocaleString("en")}`);
}
