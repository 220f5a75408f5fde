import type { Node } from "../scale/node.ts";

/** Where a node has lost frames so far, by name. */
export async function lossesOf({ agent }: Node): Promise<Map<string, number>> {
  const losses = new Map<string, number>();
  const add = (name: string, count: number) => losses.set(name, (losses.get(name) ?? 0) + count);
  for (const { drops } of (await agent.client.counters()).ports) {
    for (const [reason, count] of Object.entries(drops)) add(reason, count);
  }
  for (const { kernel } of await agent.client.ports()) {
    for (const name of ["rx_dropped", "rx_ring_full", "rx_fill_ring_empty_descs"]) {
      add(`kernel ${name}`, kernel?.[name] ?? 0);
    }
  }
  return losses;
}

/** What was lost between two readings, in words; "" for nothing. */
export function lossesBetween(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): string {
  return [...after]
    .map(([name, count]) => [name, count - (before.get(name) ?? 0)] as const)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name} ${count}`)
    .join(", ");
}
