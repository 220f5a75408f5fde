import type { Scenario } from "./result.ts";

/**
 * What scenarios are called below the name of their task: "64 B, 64k flows, skb". Those that differ in
 * something else add what their names say more than the shortest of them: "64 B, 1 flow, skb, 50%"; and
 * where that does not tell them apart they go by their names.
 * @returns by name
 */
export function scenarioLabels(scenarios: readonly Scenario[]): Map<string, string> {
  const alike = Map.groupBy(scenarios, (each) => JSON.stringify([each.task, traits(each)]));
  return new Map([...alike.values()].flatMap(labelsOf));
}

/** Without the name of the task; "" where nothing but the name is known. */
export function traits({ size, flows, source }: Omit<Scenario, "name">): string {
  const parts = [size, flows === undefined ? undefined : flowsText(flows), source];
  return parts.filter((part) => part !== undefined).join(", ");
}

function labelsOf(alike: readonly Scenario[]): [name: string, label: string][] {
  const names = alike.map(({ name }) => name);
  const base = names.reduce((shortest, name) => (name.length < shortest.length ? name : shortest));
  const label = traits(alike[0] as Scenario);
  if (label === "" || !names.every((name) => name === base || name.startsWith(`${base}-`))) {
    return names.map((name) => [name, name]);
  }
  return names.map((name) => {
    const more = name.slice(base.length + 1);
    return [name, more === "" ? label : `${label}, ${more}`];
  });
}

function flowsText(flows: number): string {
  if (flows === 1) return "1 flow";
  return flows % 1024 === 0 ? `${flows / 1024}k flows` : `${flows.toLocaleString("en")} flows`;
}
