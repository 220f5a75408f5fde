import { expect, it } from "vitest";
import { bytesOf, kernelMemory } from "./meminfo.ts";

it("memory is told in bytes, and what is missing is not zero", () => {
  const text =
    "MemTotal:        8039452 kB\nSUnreclaim:        71204 kB\nHugePages_Free:        0\n";
  expect(bytesOf(text, "SUnreclaim")).toBe(71204 * 1024);
  expect(bytesOf(text, "MemAvailable")).toBeNull();
});

it("memory of the kernel is what is neither free, nor cache, nor a program's own", () => {
  const lines = Object.entries({
    ...{ MemTotal: 1000, MemFree: 100, Buffers: 10, Cached: 200, SwapCached: 0 },
    ...{ SReclaimable: 50, AnonPages: 400, Shmem: 20 },
  }).map(([key, value]) => `${key}:  ${value} kB`);
  expect(kernelMemory(lines.join("\n"), "")).toBe(240 * 1024);
  expect(kernelMemory(lines.slice(1).join("\n"), "")).toBeNull();
});

it("free pages in the lists of the CPUs are free", () => {
  const memory = ["MemTotal: 8000 kB", "MemFree: 4000 kB"];
  for (const key of ["Buffers", "Cached", "SwapCached", "SReclaimable", "AnonPages"]) {
    memory.push(`${key}: 0 kB`);
  }
  const zones = ["  pages free     1000", "        managed  2000", "    cpu: 0"];
  const lists = ["              count:    300", "              high:     9999", "    cpu: 1"];
  const text = [...zones, ...lists, "              count:    200"].join("\n");
  expect(kernelMemory(memory.join("\n"), text)).toBe(2000 * 1024);
});
