import { formatBytes, formatDuration } from "../../src/cli/units.ts";
import type { Machine, Result } from "./result.ts";

/** Name and value pairs that tell what a machine is; what is not known is left out. */
export function machineFields(machine: Machine): [string, string][] {
  const { cpu, cpus, memoryBytes, kernel, os, virtualization, clockSource } = machine;
  const fields: [string, string | undefined][] = [
    ["CPU", cpu],
    ["CPUs", cpus?.toString()],
    ["memory", memoryBytes === undefined ? undefined : formatBytes(memoryBytes)],
    ["kernel", kernel],
    ["system", os],
    ["virtualization", virtualization],
    ["clock source", clockSource],
    ["mitigations", machine.mitigations.join("; ") || "none in force"],
    ...Object.entries(machine.settings),
  ];
  return fields.filter((field): field is [string, string] => field[1] !== undefined);
}

/** "2026-11-22 05:06 UTC, 1 h 12 min". */
export function whenText({ started, ended }: Result): string {
  const seconds = (Date.parse(ended) - Date.parse(started)) / 1000;
  const minute = new Date(started).toISOString().slice(0, 16).replace("T", " ");
  return `${minute} UTC, ${formatDuration(Math.max(seconds, 0))}`;
}

/** The command line as a shell takes it. */
export function commandText({ command }: Result): string {
  return command.map(quoted).join(" ");
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
