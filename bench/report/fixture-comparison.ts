import { makeResult, normalNumbers } from "./fixture.ts";
import type { Measurement, Result, Scenario, Series } from "./result.ts";

/** Made up: million frames of 64 bytes per second, and how much of that each is slower per byte. */
const SUBJECTS: readonly (readonly [name: string, speed: number, description: string])[] = [
  ["millrace", 0.92, "0.1.0, one worker on CPU 1, AF_XDP in copy mode"],
  ["kernel-route", 1.02, "Linux 6.18.44, ip_forward, best of 5 placements"],
  ["kernel-bridge", 0.88, "Linux 6.18.44, bridge of two veths"],
  ["xdp-forward", 1.31, "xdp-tools 1.3.1, fib-full mode"],
  ["dpdk-l3fwd", 0.9, "DPDK 22.11.11, net_af_xdp, one lcore on CPU 1"],
  ["dpdk-testpmd", 0.91, "DPDK 22.11.11, mac mode, one lcore on CPU 1"],
  ["ovs-afxdp", 0.83, "Open vSwitch 3.1, user space datapath, AF_XDP"],
  ["kernel-vxlan", 0.62, "Linux 6.18.44, vxlan device with a route"],
];

const PERCENTILES = [
  ["p50", 1],
  ["p99", 2.2],
  ["p99.9", 5],
  ["max", 22],
] as const;

const TASKS = ["route", "vxlan-encap", "bridge"];

/**
 * A comparison as large as they come, 20 scenarios for each task and 8 subjects, with made-up values.
 * Only tests and screenshots use it.
 */
export function exampleComparison(tasks = TASKS): Result {
  const normal = normalNumbers(7);
  const scenarios = exampleScenarios(tasks);
  const measurements = scenarios.flatMap((scenario) =>
    SUBJECTS.flatMap(([subject, speed]) => measure(scenario, subject, speed, normal)),
  );
  return makeResult({
    scenarios,
    subjects: SUBJECTS.map(([name, , description]) => ({ name, description })),
    reference: "kernel-route",
    measurements,
    series: scenarios.slice(0, 4).flatMap(exampleSeries),
    machine: exampleMachine,
    notes: [
      "These values are made up: the file shows what a report looks like.",
      "9 of 1200 samples were repeated because other processes used more than 10 % of a CPU.",
    ],
  });
}

const exampleMachine: Result["machine"] = {
  cpu: "AMD EPYC (family 26, model 2)",
  cpus: 2,
  memoryBytes: 8 * 1024 ** 3,
  kernel: "6.18.44",
  os: "Debian GNU/Linux 12 (bookworm)",
  virtualization: "KVM",
  clockSource: "tsc",
  mitigations: ["spectre_v2: Retpolines", "spec_rstack_overflow: Safe RET"],
  settings: { transparent_hugepage: "madvise", bpf_jit_harden: "0", sched_autogroup_enabled: "1" },
};

function exampleScenarios(tasks: readonly string[]): Scenario[] {
  const sizes = ["64 B", "512 B", "1024 B", "1518 B", "IMIX"];
  return tasks.flatMap((task) =>
    (["skb", "frame"] as const).flatMap((source) =>
      [1, 65536].flatMap((flows) =>
        sizes.map((size) => ({
          name: `${task}-${size.replace(" ", "")}-${flows}flows-${source}`,
          task,
          size,
          flows,
          source,
        })),
      ),
    ),
  );
}

function measure(
  { name: scenario, size, flows = 1, source }: Scenario,
  subject: string,
  speed: number,
  normal: () => number,
): Measurement[] {
  const bytes = Number.parseInt(size ?? "", 10) || 354;
  const base = speed * (source === "frame" ? 1.15 : 1) * (flows > 1 ? 0.97 : 1);
  const mpps = base / (1 + bytes / 4000);
  const values = (middle: number, spread: number) =>
    Array.from({ length: 5 }, () => middle * (1 + Math.abs(normal()) * spread));
  const placement = subject.startsWith("kernel") ? "RPS to CPU 1, GRO on" : "CPU 1";
  const noisy = subject === "kernel-bridge" && bytes === 512 && flows === 1;
  const flags = noisy
    ? [{ name: "disturbed" as const, text: "the hypervisor took 14 % of a CPU" }]
    : [];
  const common = { scenario, subject, placement, modes: "native XDP, copy", flags };
  return [
    {
      ...common,
      metric: "throughput",
      unit: "frames/s",
      better: "higher",
      values: values(mpps * 1e6, 0.03),
    },
    {
      ...common,
      metric: "cpu-per-frame",
      unit: "ns",
      better: "lower",
      values: values(1700 / mpps, 0.03),
    },
    ...PERCENTILES.map(
      ([point, factor]): Measurement => ({
        ...common,
        metric: `latency-${point}`,
        unit: "ns",
        better: "lower",
        values: values((24_000 * factor) / speed, 0.1),
      }),
    ),
  ];
}

/** Loss over the offered rate: none up to what a subject can do, then what is too much. */
function exampleSeries({ name: scenario }: Scenario): Series[] {
  return SUBJECTS.map(([subject, speed]) => ({
    scenario,
    subject,
    title: "Loss over offered rate",
    x: { label: "offered rate", unit: "frames/s" },
    y: { label: "loss", unit: "percent" },
    points: Array.from({ length: 12 }, (_, at): [number, number] => {
      const rate = (at + 1) * 0.15e6;
      return [rate, Math.max(0, (1 - (speed * 1e6) / rate) * 100)];
    }),
  }));
}
