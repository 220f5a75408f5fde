import { loadNative } from "../../src/dataplane/native.ts";
import { dutCpu, generatorCpu } from "../traffic/load.ts";
import { deferredInterrupts, groInPods, steering, threadedNapi } from "./links.ts";
import type { Variant } from "./variant.ts";

const busyPoll = { usecs: 20, budget: 64 };

/** All settings that are measured, in the order of the guide. */
export const variants: readonly Variant[] = [
  // Its ratio should be 1: what it differs by, no other may be judged by.
  { name: "unchanged" },
  // CPUs.
  { name: "worker-with-sender", dataplane: { cpus: [generatorCpu] } },
  { name: "worker-unpinned", dataplane: { cpus: [] } },
  { name: "two-workers", dataplane: { cpus: [dutCpu, generatorCpu], podQueues: 2 } },
  // Polling.
  { name: "sleeping", dataplane: { idleRounds: 0 } },
  { name: "polling", dataplane: { idleRounds: 100_000 } },
  { name: "busy-poll", dataplane: { busyPoll } },
  { name: "busy-poll-deferred", dataplane: { busyPoll }, links: [deferredInterrupts] },
  // Bursts.
  { name: "batch-16", dataplane: { batch: 16 } },
  { name: "batch-32", dataplane: { batch: 32 } },
  { name: "tx-budget-32", dataplane: { txBudget: 32 } },
  { name: "tx-budget-64", dataplane: { txBudget: 64 } },
  { name: "tx-budget-1024", dataplane: { txBudget: 1024 } },
  // Memory.
  { name: "ring-1024", dataplane: { ringSize: 1024 } },
  { name: "ring-8192", dataplane: { ringSize: 8192 } },
  { name: "fill-256", dataplane: { fill: 256 } },
  { name: "fill-2048", dataplane: { fill: 2048, frames: 16384 } },
  { name: "frames-32768", dataplane: { frames: 32768 } },
  { name: "frame-size-4096", dataplane: { frameSize: 4096 } },
  { name: "hugepages", dataplane: { hugepages: "require" }, missing: lacksHugepages },
  // Modes.
  { name: "generic", dataplane: { mode: "generic" } },
  { name: "zero-copy", dataplane: { mode: "zero-copy" } },
  { name: "one-buffer", dataplane: { multiBuffer: "off" } },
  // The kernel's side of a veth.
  { name: "gro-in-pods", links: [groInPods] },
  { name: "threaded-napi-sender", links: [threadedNapi(generatorCpu)] },
  { name: "threaded-napi-worker", links: [threadedNapi(dutCpu)] },
  { name: "packet-steering", links: [steering(dutCpu)] },
];

/** 16 MiB: the UMEM of one worker. */
const hugepagesNeeded = 8;

function lacksHugepages(): string | null {
  const free = loadNative().probeHost().hugepagesFree;
  if (free >= hugepagesNeeded) return null;
  const what = free === 0 ? "none reserved" : `only ${free} free`;
  return `not measured: ${what}, needed are ${hugepagesNeeded} of 2 MiB (sysctl vm.nr_hugepages)`;
}
