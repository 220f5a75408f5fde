import { accessSync, constants, existsSync } from "node:fs";
import { join } from "node:path";
import type { GuestFiles } from "./vm-store.ts";

/**
 * Hardware that a guest may have on top of the plain machine; each can be had with each. The IOMMU
 * comes first: a device that is made before it does not pass through it.
 */
export const HARDWARE = {
  /** As vfio-pci needs it. */
  iommu: {
    modules: ["vfio-pci", "vfio_iommu_type1"],
    kernel: "intel_iommu=on",
    devices: (_node: number) => ["-device", "intel-iommu,intremap=on"],
  },
  /** Two igb PFs back to back, with seven VFs each. */
  igb: { modules: ["igb", "igbvf"], kernel: "", devices: igbDevices },
  /** A virtio-net PF with four VFs, all on one hub. */
  virtio: { modules: ["virtio_net"], kernel: "", devices: virtioDevices },
} as const;

export type Hardware = keyof typeof HARDWARE;

/** What a guest is that runs at the same time as another one. */
export interface Pair {
  /** Part of its MAC addresses. */
  node: 1 | 2;
  /** Unix socket between the hubs of the two; guest 1 listens there. */
  wire: string;
  /** Directory that both may write. */
  shared: string;
}

export interface GuestMachine {
  files: GuestFiles;
  hardware: readonly Hardware[];
  /** That of the files, with /init in front. */
  initramfs: string;
  /** Directory that guest and host share, which the guest may write. */
  control: string;
  /** File that takes the kernel's messages. */
  kernelLog: string;
  kvm: boolean;
  /** Null for a guest by itself. */
  pair: Pair | null;
}

const MEMORY_MB = 1024;
const CPUS = 2;
const VIRTIO_VFS = 4;
const VIRTIO_HUB = 2;

/**
 * Kernel parameters that spare an emulated guest what it is slow at: mitigations, the check of page
 * tables that are both writable and executable, waiting for entropy. A panic ends it at once.
 */
const PARAMETERS = [
  ["console=ttyS0", "quiet", "panic=-1", "mitigations=off", "nokaslr", "rodata=off"],
  ["random.trust_cpu=on", "tsc=reliable", "no_timer_check", "net.ifnames=0"],
].flat();

/**
 * Command line that boots a guest on the host's file tree, its output on ours.
 * @returns program and arguments
 */
export function qemuCommand(machine: GuestMachine): [string, ...string[]] {
  const { files, hardware, initramfs, control, kernelLog, kvm, pair } = machine;
  const inOrder = Object.entries(HARDWARE) as [Hardware, (typeof HARDWARE)[Hardware]][];
  const chosen = inOrder.filter(([name]) => hardware.includes(name)).map(([, one]) => one);
  const parameters = [...PARAMETERS, ...chosen.map(({ kernel }) => kernel)].filter(Boolean);
  const accelerator = kvm
    ? ["-accel", "kvm", "-cpu", "host"]
    : ["-accel", "tcg,thread=multi", "-cpu", "max,la57=off"];
  return [
    ...ownLoader(files.root),
    ...["-L", join(files.root, "usr/share/qemu"), "-L", join(files.root, "usr/share/seabios")],
    ...["-machine", "q35,kernel-irqchip=split", ...accelerator],
    ...["-m", String(MEMORY_MB), "-smp", String(CPUS)],
    ...["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"],
    ...["-kernel", files.vmlinux, "-initrd", initramfs, "-append", parameters.join(" ")],
    ...["-chardev", `file,id=kernel,path=${escaped(kernelLog)}`, "-serial", "chardev:kernel"],
    ...["-device", "virtio-serial-pci", "-chardev", "stdio,id=output,signal=off"],
    ...["-device", "virtconsole,chardev=output", "-device", "virtio-rng-pci"],
    ...share("host", "/", "readonly=on,multidevs=remap"),
    ...share("control", control, "readonly=off"),
    ...chosen.flatMap(({ devices }) => devices(pair?.node ?? 0)),
    ...(pair ? pairDevices(pair) : []),
  ];
}

/** It is newer than the machine's libraries, so it runs with its own, by its own loader. */
function ownLoader(root: string): [string, ...string[]] {
  return [
    join(root, "usr/lib64/ld-linux-x86-64.so.2"),
    ...["--library-path", join(root, "usr/lib/x86_64-linux-gnu")],
    join(root, "usr/bin/qemu-system-x86_64"),
  ];
}

function share(tag: string, path: string, options: string): string[] {
  return [
    ...["-fsdev", `local,id=${tag},path=${escaped(path)},security_model=none,${options}`],
    ...["-device", `virtio-9p-pci,fsdev=${tag},mount_tag=${tag}`],
  ];
}

/** @param node of a pair; 0 for a guest by itself */
function igbDevices(node: number): string[] {
  return [1, 2].flatMap((n) => [
    ...["-netdev", `hubport,id=igb${n},hubid=1`],
    ...["-device", `pcie-root-port,id=igbport${n},chassis=${n},slot=${n}`],
    ...["-device", `igb,netdev=igb${n},bus=igbport${n},mac=52:54:00:01:0${node}:0${n}`],
  ]);
}

/** Function 0 comes last: it makes the functions that name it its VFs. */
function virtioDevices(node: number): string[] {
  const functions = Array.from({ length: VIRTIO_VFS + 1 }, (_, n) => VIRTIO_VFS - n);
  return [
    ...["-device", "pcie-root-port,id=virtioport,chassis=9,slot=9"],
    ...functions.flatMap((n) => [
      ...["-netdev", `hubport,id=virtio${n},hubid=${VIRTIO_HUB}`],
      ...["-device", virtioFunction(node, n)],
    ]),
  ];
}

/** Its MAC is given here: a virtio PF has no way to. iommu_platform is what zero-copy takes. */
function virtioFunction(node: number, n: number): string {
  const role = n === 0 ? "id=virtiopf" : "sriov-pf=virtiopf";
  return [
    `virtio-net-pci,bus=virtioport,addr=0x0.0x${n},netdev=virtio${n},${role}`,
    `mac=52:54:00:02:0${node}:0${n},disable-legacy=on,iommu_platform=on`,
  ].join(",");
}

/** The hub of each guest sends to that of the other one; who connects tries until somebody listens. */
function pairDevices({ node, wire, shared }: Pair): string[] {
  const role = node === 1 ? "server=on" : "server=off,reconnect-ms=200";
  return [
    ...share("pair", shared, "readonly=off"),
    ...["-netdev", `stream,id=wire,${role},addr.type=unix,addr.path=${escaped(wire)}`],
    ...["-netdev", `hubport,id=wireport,hubid=${VIRTIO_HUB},netdev=wire`],
  ];
}

/** A comma would end the value. */
const escaped = (path: string) => path.replaceAll(",", ",,");

/**
 * True where KVM runs on the processor's own virtualisation. What only looks like it, inside
 * another virtual machine, may not run a kernel that does not know of it.
 */
export function hasKvm(): boolean {
  const real = ["kvm_intel", "kvm_amd"].some((module) => existsSync(`/sys/module/${module}`));
  try {
    accessSync("/dev/kvm", constants.R_OK | constants.W_OK);
    return real;
  } catch {
    return false;
  }
}
