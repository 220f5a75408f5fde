import type { HostFacts } from "../dataplane/native.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";
import { type DoctorHost, readText } from "./host.ts";
import { readMounts } from "./mounts.ts";

/** BPF links for XDP came with 5.9, BPF memory that RLIMIT_MEMLOCK does not count with 5.11. */
const OLDEST_KERNEL = "5.11";
/** Packets in several frames (af_xdp.rst, "Multi-buffer"). */
const MULTI_BUFFER_KERNEL = "6.6";

/** Kernel version, AF_XDP, TX metadata, BPF JIT and the bpf filesystem. */
export function checkKernel(host: DoctorHost): Finding[] {
  const facts = host.native?.probeHost();
  return [
    ...(facts === undefined ? [missingAddon(host)] : factFindings(facts)),
    jit(host),
    bpfFilesystem(host),
  ];
}

/** "6.18.44-cloud" against "5.9": whether the first is at least the second. */
export function kernelAtLeast(kernel: string, wanted: string): boolean {
  const numbers = (text: string) => text.split(/[^\d]+/, 2).map(Number);
  const [major = 0, minor = 0] = numbers(kernel);
  const [wantedMajor = 0, wantedMinor = 0] = numbers(wanted);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

function factFindings(facts: HostFacts): Finding[] {
  return [kernelVersion(facts), afXdp(facts), txMetadata(facts), ...multiBuffer(facts)];
}

function multiBuffer({ kernel }: HostFacts): Finding[] {
  if (kernelAtLeast(kernel, MULTI_BUFFER_KERNEL)) return [];
  const text = "not known: a packet must fit a frame, which bounds the MTU";
  const remedy = `run Linux ${MULTI_BUFFER_KERNEL} or newer, or keep to the MTU of "multiBuffer: off"`;
  return [warning("multi-buffer", text, remedy)];
}

function missingAddon({ nativeFailure }: DoctorHost): Finding {
  const text = `${nativeFailure}; kernel features and links cannot be looked at`;
  return problem("addon", text, 'build it: "npm run build"');
}

function kernelVersion({ kernel, libbpf }: HostFacts): Finding {
  if (kernelAtLeast(kernel, OLDEST_KERNEL))
    return ok("kernel", `Linux ${kernel}, libbpf ${libbpf}`);
  const text = `Linux ${kernel} is too old for the datapath`;
  return problem("kernel", text, `run Linux ${OLDEST_KERNEL} or newer`);
}

function afXdp({ afXdp }: HostFacts): Finding {
  if (afXdp.ok) return ok("AF_XDP", "sockets can be opened");
  const remedy = "run as root, on a kernel built with CONFIG_XDP_SOCKETS";
  return problem("AF_XDP", `no socket can be opened: ${afXdp.reason}`, remedy);
}

function txMetadata({ txMetadata }: HostFacts): Finding {
  if (txMetadata) return ok("TX metadata", "the kernel can complete checksums of sent frames");
  const text = "not accepted: checksums of sent frames are completed in software, which costs CPU";
  return warning("TX metadata", text, "run Linux 6.8 or newer");
}

function jit({ proc }: DoctorHost): Finding {
  const value = readText(proc, "sys/net/core/bpf_jit_enable");
  if (value === null) return ok("BPF JIT", "not visible from this network namespace");
  if (value !== "0") return ok("BPF JIT", "on");
  const text = "off: the XDP program is interpreted for every packet";
  return warning("BPF JIT", text, "sysctl -w net.core.bpf_jit_enable=1");
}

function bpfFilesystem({ proc }: DoctorHost): Finding {
  const mount = readMounts(proc).find(({ type }) => type === "bpf");
  if (mount !== undefined) return ok("bpf filesystem", `mounted on ${mount.at}`);
  const text = "not mounted: bpftool and other tools cannot pin maps or programs";
  return warning("bpf filesystem", text, "mount -t bpf bpf /sys/fs/bpf");
}
