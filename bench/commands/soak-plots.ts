import { lossOf } from "../methods/evidence.ts";
import type { SoakWindow } from "../methods/soak.ts";
import type { Recorder } from "./recorder.ts";

/** What the windows of a soak say so far, over time. */
export function plot(recorder: Recorder, windows: readonly SoakWindow[]): void {
  const over = (title: string, unit: string, value: (window: SoakWindow) => number | null) =>
    plotOver(
      recorder,
      title,
      unit,
      windows.map((window) => [window.seconds, value(window)]),
    );
  over("rate", "frames/s", ({ trial }) => trial.receivedPps);
  over("loss", "percent", ({ trial }) => lossOf(trial) * 100);
  over("latency-p99", "ns", ({ trial }) => trial.latency?.p99 ?? null);
  over("CPU time per frame", "ns", ({ trial }) => trial.cpuNsPerFrame);
  over("memory in use", "bytes", ({ memoryBytes }) => memoryBytes);
}

/** @param values by seconds; those that are null were not to be had */
export function plotOver(
  recorder: Recorder,
  title: string,
  unit: string,
  values: readonly (readonly [seconds: number, value: number | null])[],
): void {
  const points = values.flatMap(([x, y]): [number, number][] => (y === null ? [] : [[x, y]]));
  if (points.length === 0) return;
  const x = { label: "time", unit: "s" };
  recorder.setSeries({ title: `${title} over time`, x, y: { label: title, unit }, points });
}
