import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { describeMachine } from "./machine.ts";

const CPU = "sys/devices/system/cpu";
const CLOCK = "sys/devices/system/clocksource/clocksource0";
const DMI = "sys/class/dmi/id";
const roots: string[] = [];

/** A directory with these files, as the kernel ends them. */
function rootWith(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), "machine-"));
  roots.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), `${text}\n`);
  }
  return root;
}

afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true });
});

function cpuinfo(flags: string): string {
  const cpu = (at: number) =>
    `processor\t: ${at}\ncpu family\t: 26\nmodel\t\t: 2\nmodel name\t: AMD EPYC\nflags\t\t: ${flags}\n`;
  return [cpu(0), cpu(1)].join("\n");
}

describe("describeMachine", () => {
  it("tells CPU, memory, kernel, system and clock of a virtual machine", () => {
    const root = rootWith({
      "proc/cpuinfo": cpuinfo("fpu hypervisor avx2"),
      "proc/meminfo": "MemTotal:        8192000 kB\nMemFree: 1 kB",
      "proc/sys/kernel/osrelease": "6.18.44",
      "etc/os-release": 'NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"',
      [`${CLOCK}/current_clocksource`]: "tsc",
      [`${CLOCK}/available_clocksource`]: "tsc kvm-clock",
    });
    expect(describeMachine(root)).toEqual({
      cpu: "AMD EPYC (family 26, model 2)",
      cpus: 2,
      memoryBytes: 8192000 * 1024,
      kernel: "6.18.44",
      os: "Debian GNU/Linux 12 (bookworm)",
      virtualization: "KVM",
      clockSource: "tsc",
      mitigations: [],
      settings: {},
    });
  });

  it("leaves out what a machine does not tell", () => {
    expect(describeMachine(rootWith({}))).toEqual({
      virtualization: "none",
      mitigations: [],
      settings: {},
    });
  });

  it("names only the mitigations that are in force", () => {
    const root = rootWith({
      [`${CPU}/vulnerabilities/meltdown`]: "Not affected",
      [`${CPU}/vulnerabilities/spectre_v2`]: "Mitigation: Retpolines; STIBP: disabled",
      [`${CPU}/vulnerabilities/srbds`]: "Vulnerable",
      [`${CPU}/vulnerabilities/itlb_multihit`]: "KVM: Mitigation: VMX disabled",
    });
    expect(describeMachine(root).mitigations).toEqual([
      "itlb_multihit: VMX disabled",
      "spectre_v2: Retpolines; STIBP: disabled",
    ]);
  });

  it("reads the settings that move numbers", () => {
    const root = rootWith({
      [`${CPU}/cpu0/cpufreq/scaling_governor`]: "performance",
      [`${CPU}/cpu1/cpufreq/scaling_governor`]: "performance",
      "sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never",
      "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages": "512",
      "proc/cmdline": "root=/dev/vda quiet isolcpus=1 nohz_full=1 mitigations=off",
      "proc/sys/kernel/sched_autogroup_enabled": "1",
      "proc/sys/net/core/bpf_jit_enable": "1",
      "proc/sys/net/core/bpf_jit_harden": "0",
    });
    expect(describeMachine(root).settings).toEqual({
      governor: "performance",
      transparent_hugepage: "madvise",
      hugepages: "512 x 2048kB",
      "kernel parameters": "isolcpus=1 nohz_full=1 mitigations=off",
      sched_autogroup_enabled: "1",
      bpf_jit_enable: "1",
      bpf_jit_harden: "0",
    });
  });

  it("shows governors that differ", () => {
    const root = rootWith({
      [`${CPU}/cpu0/cpufreq/scaling_governor`]: "performance",
      [`${CPU}/cpu1/cpufreq/scaling_governor`]: "powersave",
    });
    expect(describeMachine(root).settings["governor"]).toBe("performance, powersave");
  });

  it("describes this machine without an error", () => {
    expect(describeMachine().kernel).toMatch(/^\d+\.\d+/);
  });
});

describe("the virtualization", () => {
  const dmi = (vendor: string, product: string) => ({
    [`${DMI}/sys_vendor`]: vendor,
    [`${DMI}/product_name`]: product,
  });
  const of = (files: Record<string, string>) => describeMachine(rootWith(files)).virtualization;

  it("is none on a cloud's bare metal, whose CPU knows no hypervisor", () => {
    expect(of({ "proc/cpuinfo": cpuinfo("fpu avx2"), ...dmi("Amazon EC2", "m7a.metal") })).toBe(
      "none",
    );
  });

  it("names the kind of the machine where a cloud tells it", () => {
    const files = { "proc/cpuinfo": cpuinfo("hypervisor"), ...dmi("Amazon EC2", "m7a.large") };
    expect(of({ ...files, [`${CLOCK}/available_clocksource`]: "kvm-clock" })).toBe(
      "KVM (Amazon EC2 m7a.large)",
    );
  });

  it("is Xen where the kernel says so", () => {
    expect(of({ "sys/hypervisor/type": "xen" })).toBe("xen");
  });

  it("is known by DMI where the CPU has no flag for it", () => {
    const arm = "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c";
    const root = rootWith({ "proc/cpuinfo": arm, ...dmi("QEMU", "KVM Virtual Machine") });
    expect(describeMachine(root)).toMatchObject({
      cpu: "implementer 0x41, part 0xd0c",
      cpus: 1,
      virtualization: "QEMU KVM Virtual Machine",
    });
    expect(of({ "proc/cpuinfo": arm, ...dmi("Ampere", "Altra") })).toBe("none");
  });

  it("is a virtual machine where nothing tells the kind", () => {
    expect(of({ "proc/cpuinfo": cpuinfo("hypervisor") })).toBe("virtual machine");
  });
});
