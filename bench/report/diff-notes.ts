import type { Machine, Result } from "./result.ts";

/** In what the two results differ besides their values. */
export function diffNotes(a: Result, b: Result): string[] {
  const differences = [...machineNotes(a.machine, b.machine), ...referenceNotes(a, b)];
  if (a.method !== b.method) differences.push(`the methods differ: ${a.method} and ${b.method}`);
  return differences;
}

function machineNotes(a: Machine, b: Machine): string[] {
  const [before, after] = [flat(a), flat(b)];
  const names = [...new Set([...before.keys(), ...after.keys()])];
  return names
    .filter((name) => before.get(name) !== after.get(name))
    .map((name) => `${name} differs: ${told(before, name)} and ${told(after, name)}`);
}

function told(fields: ReadonlyMap<string, string>, name: string): string {
  return fields.get(name) || (name === "mitigations" ? "none" : "not known");
}

function flat({ settings, mitigations, ...machine }: Machine): Map<string, string> {
  const entries = Object.entries({ ...machine, ...settings, mitigations: mitigations.join("; ") });
  return new Map(entries.map(([name, value]) => [name, String(value)]));
}

function referenceNotes(a: Result, b: Result): string[] {
  if (a.reference === b.reference) return [];
  const names = [a, b].map(({ reference }) => reference ?? "none");
  return [`the references differ: ${names.join(" and ")}; values were compared as they are`];
}
