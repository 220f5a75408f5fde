import { describe, expect, it } from "vitest";
import type { HostFacts } from "../dataplane/native.ts";
import { fixtureHost, fixtureNative, type Tree } from "./fixture.ts";
import { checkKernel, kernelAtLeast } from "./kernel.ts";

function findingsWith(facts: Partial<HostFacts>, tree: Tree = {}) {
  const probeHost = () => ({ ...fixtureNative().probeHost(), ...facts });
  return checkKernel({ ...fixtureHost(tree), native: fixtureNative({ probeHost }) });
}

describe("checkKernel", () => {
  it("finds nothing wrong with a kernel that has it all", () => {
    expect(findingsWith({}).map(({ status }) => status)).toEqual(Array(5).fill("ok"));
  });

  it("names the version to upgrade to", () => {
    expect(findingsWith({ kernel: "5.4.0-150" })[0]).toMatchObject({
      status: "problem",
      remedy: "run Linux 5.11 or newer",
    });
  });

  it("warns of a kernel that knows no packets of several frames", () => {
    const odd = findingsWith({ kernel: "6.1.0-42-amd64" }).filter(({ status }) => status !== "ok");
    expect(odd).toMatchObject([
      { check: "multi-buffer", status: "warning", remedy: expect.stringContaining("Linux 6.6") },
    ]);
  });

  it("passes on why AF_XDP cannot be opened", () => {
    const [, finding] = findingsWith({ afXdp: { ok: false, reason: "EPERM" } });
    expect(finding).toMatchObject({ status: "problem", text: expect.stringContaining("EPERM") });
  });

  it("warns of software checksums where TX metadata is missing", () => {
    expect(findingsWith({ txMetadata: false })[2]).toMatchObject({ status: "warning" });
  });

  it("warns of a BPF JIT that is off, and not of one it cannot see", () => {
    const path = "proc/sys/net/core/bpf_jit_enable";
    expect(findingsWith({}, { [path]: "0\n" })[3]).toMatchObject({
      status: "warning",
      remedy: "sysctl -w net.core.bpf_jit_enable=1",
    });
    const host = fixtureHost();
    expect(checkKernel({ ...host, proc: "/nowhere" })[3]).toMatchObject({ status: "ok" });
  });

  it("warns of a bpf filesystem that is not mounted", () => {
    const [, , , , finding] = findingsWith({}, { "proc/mounts": "proc /proc proc rw 0 0\n" });
    expect(finding).toMatchObject({ status: "warning", remedy: "mount -t bpf bpf /sys/fs/bpf" });
  });

  it("says how to build the addon when it cannot be loaded, and goes on", () => {
    const findings = checkKernel({ ...fixtureHost(), native: null, nativeFailure: "no file" });
    expect(findings[0]).toMatchObject({ status: "problem", check: "addon" });
    expect(findings).toHaveLength(3);
  });
});

describe("kernelAtLeast", () => {
  it("compares numbers, not text", () => {
    expect(kernelAtLeast("6.18.44-cloud", "6.8")).toBe(true);
    expect(kernelAtLeast("6.8.0", "6.18")).toBe(false);
    expect(kernelAtLeast("5.11.0", "5.11")).toBe(true);
    expect(kernelAtLeast("4.19-rc1", "5.11")).toBe(false);
  });
});
