import { describe, expect, it } from "vitest";
import { VFS } from "./annotations.ts";
import { parseVfs } from "./vfs-annotation.ts";

describe("VFs by pool", () => {
  it.each([
    ["fast", { "millrace.io/fast": 1 }],
    ["fast=2, dpdk=1", { "millrace.io/fast": 2, "millrace.io/dpdk": 1 }],
    [" intel.com/x = 3 ,VF_a.b", { "intel.com/x": 3, "millrace.io/VF_a.b": 1 }],
    ["fast=1024", { "millrace.io/fast": 1024 }],
    ["fast=007", { "millrace.io/fast": 7 }],
  ])("are read from %s", (text, counts) => {
    expect(Object.fromEntries(parseVfs(text))).toEqual(counts);
  });

  it.each([
    ["fast,", '""'],
    ["fast=0", '"fast=0"'],
    ["fast=1025", '"fast=1025"'],
    ["fast=-1", '"fast=-1"'],
    ["fast=two", '"fast=two"'],
    ["fast=", '"fast="'],
    ["fast=1=2", '"fast=1=2"'],
    ["fast dpdk", '"fast dpdk"'],
    ["a/b/c", '"a/b/c"'],
    ["kubernetes.io/x", '"kubernetes.io/x"'],
    ["requests.example.org/x", '"requests.example.org/x"'],
    [`${"a".repeat(64)}`, `"${"a".repeat(64)}"`],
  ])("are refused as %s with what is accepted", (text, item) => {
    expect(() => parseVfs(text)).toThrow(
      `${VFS} = ${JSON.stringify(text)}: ${item}; accepted: pool`,
    );
  });

  it("are refused when a pool is there twice, in whatever form", () => {
    expect(() => parseVfs("fast, millrace.io/fast=2")).toThrow("millrace.io/fast is there twice");
  });
});
