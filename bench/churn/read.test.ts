import { expect, it } from "vitest";
import { activeObjects, bpfObjects, kernelMemory, kilobytes } from "./read.ts";

const program = "pos:\t0\nflags:\t02000002\nprog_type:\t6\nprog_id:\t81\n";
const map = "pos:\t0\nmap_type:\t17\nmap_id:\t33\nfrozen:\t0\n";
const link = "pos:\t0\nlink_type:\txdp\nlink_id:\t12\nprog_tag:\t0a\nprog_id:\t82\n";
const socket = "pos:\t0\nflags:\t02000002\nmnt_id:\t10\n";

it("BPF objects are counted once each, and the program of a link is not one that is held", () => {
  expect(bpfObjects([program, program, map, link, socket])).toEqual({
    ...{ "bpf-programs": 1, "bpf-maps": 1, "bpf-links": 1 },
  });
});

it("memory is told in bytes, and what is missing is not zero", () => {
  const text =
    "MemTotal:        8039452 kB\nSUnreclaim:        71204 kB\nHugePages_Free:        0\n";
  expect(kilobytes(text, "SUnreclaim")).toBe(71204 * 1024);
  expect(kilobytes(text, "MemAvailable")).toBeNull();
});

it("memory of the kernel is what is neither free, nor cache, nor a program's own", () => {
  const lines = Object.entries({
    ...{ MemTotal: 1000, MemFree: 100, Buffers: 10, Cached: 200, SwapCached: 0 },
    ...{ SReclaimable: 50, AnonPages: 400, Shmem: 20 },
  }).map(([key, value]) => `${key}:  ${value} kB`);
  expect(kernelMemory(lines.join("\n"))).toBe(240 * 1024);
  expect(kernelMemory(lines.slice(1).join("\n"))).toBeNull();
});

it("objects of a cache are those in use", () => {
  const text =
    "nf_conntrack 0 0 256\nnet_namespace         35     56   4288    7    8 : tunables\n";
  expect(activeObjects(text, "net_namespace")).toBe(35);
  expect(activeObjects("", "net_namespace")).toBeNull();
});
