import { join } from "node:path";
import { namesIn, type Root, readTrimmed } from "./machine-files.ts";

const CPU = "sys/devices/system/cpu";
const HUGE = "sys/kernel/mm/hugepages";

/** One file each, shown as it is. */
const FILES: readonly (readonly [name: string, path: string])[] = [
  ["smt", `${CPU}/smt/control`],
  ["boost", `${CPU}/cpufreq/boost`],
  ["no_turbo", `${CPU}/intel_pstate/no_turbo`],
  ["isolated cpus", `${CPU}/isolated`],
  ["nohz_full cpus", `${CPU}/nohz_full`],
  ["sched_autogroup_enabled", "proc/sys/kernel/sched_autogroup_enabled"],
  ["numa_balancing", "proc/sys/kernel/numa_balancing"],
  ["bpf_jit_enable", "proc/sys/net/core/bpf_jit_enable"],
  ["bpf_jit_harden", "proc/sys/net/core/bpf_jit_harden"],
];

/** Parameters of the kernel's command line that keep work away from CPUs or change its cost. */
const PARAMETERS = /^(isolcpus|nohz_full|rcu_nocbs|irqaffinity|mitigations|idle|preempt)(=|$)/;

/** Settings of the kernel that move the numbers, by name; those that a machine lacks are left out. */
export function readSettings(root: Root): Record<string, string> {
  const found: (readonly [string, string | undefined])[] = [
    ["governor", governors(root)],
    [
      "transparent_hugepage",
      chosen(readTrimmed(root, "sys/kernel/mm/transparent_hugepage/enabled")),
    ],
    ["hugepages", hugePages(root)],
    ["kernel parameters", kernelParameters(root)],
    ...FILES.map(([name, path]) => [name, readTrimmed(root, path)] as const),
  ];
  return Object.fromEntries(found.filter((entry): entry is [string, string] => !!entry[1]));
}

/** The governor of all CPUs, or each that is in use. */
function governors(root: Root): string | undefined {
  const used = namesIn(root, CPU)
    .filter((name) => /^cpu\d+$/.test(name))
    .map((name) => readTrimmed(root, join(CPU, name, "cpufreq/scaling_governor")))
    .filter((governor) => governor !== undefined);
  return [...new Set(used)].join(", ") || undefined;
}

/** The choice in brackets: "always [madvise] never" gives "madvise". */
function chosen(text: string | undefined): string | undefined {
  return /\[(\w+)\]/.exec(text ?? "")?.[1];
}

/** "512 x 2048kB", of every size that the kernel knows. */
function hugePages(root: Root): string | undefined {
  const sizes = namesIn(root, HUGE).map((name) => {
    const count = readTrimmed(root, join(HUGE, name, "nr_hugepages")) ?? "0";
    return `${count} x ${name.replace("hugepages-", "")}`;
  });
  return sizes.join(", ") || undefined;
}

function kernelParameters(root: Root): string | undefined {
  const words = (readTrimmed(root, "proc/cmdline") ?? "").split(/\s+/);
  return words.filter((word) => PARAMETERS.test(word)).join(" ") || undefined;
}
