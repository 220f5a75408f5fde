import { existsSync } from "node:fs";
import { join } from "node:path";
import type { NetworkConfig } from "../config/schema.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";
import type { DoctorHost } from "./host.ts";
import { kernelAtLeast } from "./kernel.ts";

/** Types of the XDP tracepoints' arguments that programs may follow. */
const LANE_KERNEL = "6.3";
/** tcx (BPF_TCX_INGRESS). */
const TC_KERNEL = "6.6";

/** Whether the kernel has what networks with the keys flowLane and portBackend ask of it. */
export function checkFastLanes({ config, native, sys }: DoctorHost): Finding[] {
  if (native === null) return [];
  const { kernel } = native.probeHost();
  const lane = namesWith(config.networks, ({ flowLane = false }) => flowLane);
  const tc = namesWith(config.networks, ({ portBackend }) => portBackend === "tc");
  return [
    ...(lane === "" ? [] : [flowLane(lane, kernel, existsSync(join(sys, "kernel/btf/vmlinux")))]),
    ...(tc === "" ? [] : [tcPorts(tc, kernel)]),
  ];
}

function namesWith(
  networks: readonly NetworkConfig[],
  has: (network: NetworkConfig) => boolean,
): string {
  return networks
    .filter(has)
    .map(({ name }) => name)
    .join(", ");
}

function flowLane(names: string, kernel: string, btf: boolean): Finding {
  if (btf && kernelAtLeast(kernel, LANE_KERNEL)) return ok("flow lane", `wanted by ${names}`);
  const lacking = btf ? `Linux ${kernel} is too old for it` : "the kernel has no BTF";
  const text = `${names}: ${lacking}; every packet goes through the ring loop`;
  const remedy = `run Linux ${LANE_KERNEL} or newer with CONFIG_DEBUG_INFO_BTF, or leave flowLane out`;
  return warning("flow lane", text, remedy);
}

function tcPorts(names: string, kernel: string): Finding {
  if (kernelAtLeast(kernel, TC_KERNEL)) return ok("ports of backend tc", `wanted by ${names}`);
  const text = `${names}: Linux ${kernel} has no tcx; no pod can be attached`;
  return problem(
    "ports of backend tc",
    text,
    `run Linux ${TC_KERNEL} or newer, or portBackend: xdp`,
  );
}
