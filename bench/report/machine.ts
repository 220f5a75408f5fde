import { join } from "node:path";
import { fieldOf, namesIn, type Root, readTrimmed } from "./machine-files.ts";
import { readSettings } from "./machine-settings.ts";
import type { Machine } from "./result.ts";
import { readVirtualization } from "./virtualization.ts";

/**
 * What this machine is, as far as it moves the numbers of a benchmark; what its files do not tell is
 * left out.
 * @param root where /proc, /sys and /etc are; a directory like it in tests
 */
export function describeMachine(root: Root = "/"): Machine {
  const cpuinfo = readTrimmed(root, "proc/cpuinfo") ?? "";
  const told = {
    cpu: cpuName(cpuinfo),
    cpus: cpuinfo.match(/^processor\s*:/gm)?.length,
    memoryBytes: memoryBytes(root),
    kernel: readTrimmed(root, "proc/sys/kernel/osrelease"),
    os: osName(root),
    clockSource: readTrimmed(
      root,
      "sys/devices/system/clocksource/clocksource0/current_clocksource",
    ),
  };
  return {
    ...withoutUndefined(told),
    virtualization: readVirtualization(root),
    mitigations: mitigations(root),
    settings: readSettings(root),
  };
}

/** Two generations of a CPU often share a name, so family and model go with it. */
function cpuName(cpuinfo: string): string | undefined {
  const name = fieldOf(cpuinfo, "model name") ?? fieldOf(cpuinfo, "Model");
  const family = fieldOf(cpuinfo, "cpu family");
  const model = fieldOf(cpuinfo, "model");
  if (name !== undefined) {
    return family === undefined ? name : `${name} (family ${family}, model ${model})`;
  }
  const implementer = fieldOf(cpuinfo, "CPU implementer");
  if (implementer === undefined) return undefined;
  return `implementer ${implementer}, part ${fieldOf(cpuinfo, "CPU part")}`;
}

function memoryBytes(root: Root): number | undefined {
  const kib = Number.parseInt(
    fieldOf(readTrimmed(root, "proc/meminfo") ?? "", "MemTotal") ?? "",
    10,
  );
  return Number.isNaN(kib) ? undefined : kib * 1024;
}

function osName(root: Root): string | undefined {
  const text = readTrimmed(root, "etc/os-release") ?? readTrimmed(root, "usr/lib/os-release");
  return /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(text ?? "")?.[1];
}

/** "spectre_v2: Retpolines; …" for what costs time in the kernel, not what the CPU is immune to. */
function mitigations(root: Root): string[] {
  const directory = "sys/devices/system/cpu/vulnerabilities";
  return namesIn(root, directory).flatMap((name) => {
    const text = readTrimmed(root, join(directory, name)) ?? "";
    const inForce = /Mitigation:\s*(.*)/.exec(text)?.[1];
    return inForce === undefined ? [] : [`${name}: ${inForce}`];
  });
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(fields: T): Defined<T> {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Defined<T>;
}
