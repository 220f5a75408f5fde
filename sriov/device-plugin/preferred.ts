import type { PluginDevice } from "./device.ts";
import type { ContainerPreference } from "./messages.ts";

/** How a pod's VFs, and one pod's after the other's, are laid over the PFs of a pool. */
export type PfPreference = "spread" | "pack";

/** Compared field by field; the smaller one wins. */
type Rank = readonly (number | string)[];

interface Place {
  id: string;
  numaNode: number;
  pf: string;
}

/**
 * Answers one container of GetPreferredAllocation: what must be included first, then devices of as
 * few NUMA nodes as can be, those of the former before all; on a node, the PF that has given least
 * to this container and then to others ("pack": most). Equal questions get equal answers.
 * @returns fewer than asked for when there are not enough; the kubelet then chooses itself
 */
export function preferredDevices(
  request: ContainerPreference,
  devices: readonly PluginDevice[],
  preference: PfPreference,
): string[] {
  const places = new Map(devices.map((device) => [device.id, placeOf(device)]));
  const place = (id: string) => places.get(id) ?? { id, numaNode: -1, pf: "" };
  const available = new Set(request.available_deviceIDs);
  const chosen = [...new Set(request.must_include_deviceIDs)].map(place);
  for (const { id } of chosen) available.delete(id);
  const used = count(devices.filter(({ id }) => !available.has(id)).map((d) => d.pfAddress));
  const free = [...available].sort().map(place);
  while (chosen.length < request.allocation_size && free.length > 0) {
    const node = bestNode(free, chosen, request.allocation_size - chosen.length);
    const ofNode = free.filter(({ numaNode }) => numaNode === node);
    const next = bestOf(ofNode, chosen, used, preference);
    free.splice(free.indexOf(next), 1);
    chosen.push(next);
  }
  return chosen.map(({ id }) => id);
}

function placeOf({ id, numaNode, pfAddress }: PluginDevice): Place {
  return { id, numaNode, pf: pfAddress };
}

/** Best fit among the nodes that can give all that is missing; else the one that gives most. */
function bestNode(free: Place[], chosen: Place[], missing: number): number {
  const freeOn = count(free.map(({ numaNode }) => numaNode));
  const chosenOn = count(chosen.map(({ numaNode }) => numaNode));
  return least([...freeOn.keys()], (node) => {
    const here = freeOn.get(node) as number;
    const fits = here >= missing;
    const fit = fits ? here : -here;
    return [-(chosenOn.get(node) ?? 0), node < 0 ? 1 : 0, fits ? 0 : 1, fit, node];
  });
}

function bestOf(
  places: Place[],
  chosen: Place[],
  used: Map<string, number>,
  preference: PfPreference,
): Place {
  const sign = preference === "spread" ? 1 : -1;
  const chosenOf = count(chosen.map(({ pf }) => pf));
  return least(places, ({ id, pf }) => {
    return [sign * (chosenOf.get(pf) ?? 0), sign * (used.get(pf) ?? 0), pf, id];
  });
}

function count<T>(values: T[]): Map<T, number> {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

function least<T>(values: T[], rank: (value: T) => Rank): T {
  const ranked = values.map((value) => ({ value, rank: rank(value) }));
  return ranked.reduce((a, b) => (isLess(b.rank, a.rank) ? b : a)).value;
}

function isLess(a: Rank, b: Rank): boolean {
  const at = a.findIndex((field, index) => field !== b[index]);
  return at >= 0 && (a[at] as number | string) < (b[at] as number | string);
}
