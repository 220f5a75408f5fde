import type { Scope } from "../../test/harness/scope.ts";
import { Child } from "../lib/child.ts";
import { dutCpu, generatorCpu } from "../traffic/load.ts";
import type { DpdkProgram } from "./dpdk-program.ts";
import { inside, outside } from "./topology.ts";

const startMs = 30_000;
const memoryMb = 512;

/** The driver of both ports: with XDP sockets, or with packet sockets. */
export type DpdkDriver = "net_af_xdp" | "net_af_packet";

export const driverSettings: Record<DpdkDriver, string> = {
  net_af_xdp: "net_af_xdp copy mode",
  net_af_packet: "net_af_packet",
};

/**
 * Starts a DPDK program between `inside` and `outside` and waits until it forwards.
 * @param args behind those of the EAL
 */
export async function startDpdk(
  scope: Scope,
  netns: string,
  { kind, path }: DpdkProgram,
  driver: DpdkDriver,
  args: readonly string[],
): Promise<Child> {
  // Line-buffered, or we would not see the line that says it is ready.
  const command = ["-n", "-15", "stdbuf", "-oL", path, ...ealArguments(kind, driver), "--"];
  const child = await Child.startInside(netns, "nice", [...command, ...args]);
  scope.cleanup.use(child);
  await child.until(kind === "l3fwd" ? "entering main loop" : "Press enter to exit", startMs);
  return child;
}

function ealArguments(kind: DpdkProgram["kind"], driver: DpdkDriver): string[] {
  // l3fwd forwards on its main core; testpmd keeps that one for its prompt.
  const cores = kind === "l3fwd" ? `${dutCpu}` : `${generatorCpu},${dutCpu}`;
  // The kernel has no busy polling for a veth: with a budget for it, packets come slower.
  const settings = driver === "net_af_xdp" ? ",busy_budget=0" : "";
  const ports = [inside, outside].flatMap(({ ifname }, index) => [
    "--vdev",
    `${driver}${index},iface=${ifname}${settings}`,
  ]);
  return [
    ...["-l", cores, "-n", "1", "--no-huge", "-m", `${memoryMb}`],
    ...["--no-pci", "--no-telemetry", "--no-shconf"],
    ...ports,
  ];
}
