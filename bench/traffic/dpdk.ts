import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Scope } from "../../test/harness/scope.ts";
import { Child } from "../lib/child.ts";
import { type DpdkProgram, findDpdk } from "./dpdk-program.ts";
import type { Forwarder } from "./forwarder.ts";
import { dutCpu, generatorCpu, testPrefix } from "./load.ts";
import { Sink } from "./sink.ts";
import { buildTopology, inside, outside, receiver, sender } from "./topology.ts";

const startMs = 30_000;
const memoryMb = 512;

/**
 * DPDK between two veths with net_af_xdp on each; the scope removes it.
 * @returns null when DPDK is not installed
 */
export async function startDpdk(scope: Scope): Promise<Forwarder | null> {
  const program = await findDpdk();
  if (program === null) return null;
  const topology = await buildTopology(scope, "dpdk");
  const ttl = program.kind === "l3fwd" ? 63 : 64; // testpmd rewrites addresses only
  const sink = await Sink.start(scope, topology.receiver.name, receiver.ifname, ttl);
  const child = await startProgram(scope, program, topology.dut.name);
  child.signal("SIGSTOP");
  return {
    subject: "dpdk",
    description: describe(program),
    lane: { netns: topology.sender.name, ifname: sender.ifname, gatewayMac: inside.mac, sink },
    // It polls without end: stopped between samples, so that the others have the core.
    placements: () => [`CPU ${dutCpu} of its own, polling`],
    async prepare() {
      if (!child.running) throw new Error(`${program.kind} has ended`);
      child.signal("SIGCONT");
    },
    async rest() {
      child.signal("SIGSTOP");
    },
  };
}

function describe({ kind, version }: DpdkProgram): string {
  const how = kind === "l3fwd" ? "LPM, 2 routes" : "mac forwarding, no routing";
  return `DPDK ${version} ${kind} (${how}), net_af_xdp copy mode, no hugepages`;
}

async function startProgram(scope: Scope, program: DpdkProgram, netns: string): Promise<Child> {
  const args = program.kind === "l3fwd" ? l3fwdArguments(scope.dir) : testpmdArguments();
  // Line-buffered, or we would not see the line that says it is ready.
  const command = [
    "-n",
    "-15",
    "stdbuf",
    "-oL",
    program.path,
    ...ealArguments(program.kind),
    "--",
    ...args,
  ];
  const child = await Child.startInside(netns, "nice", command);
  scope.cleanup.use(child);
  const ready = program.kind === "l3fwd" ? "entering main loop" : "Press enter to exit";
  await child.until(ready, startMs);
  return child;
}

function ealArguments(kind: DpdkProgram["kind"]): string[] {
  // l3fwd forwards on its main core; testpmd keeps that one for its prompt.
  const cores = kind === "l3fwd" ? [`${dutCpu}`] : [`${generatorCpu},${dutCpu}`];
  const ports = [inside, outside].flatMap(({ ifname }, index) => [
    "--vdev",
    `net_af_xdp${index},iface=${ifname},busy_budget=0`,
  ]);
  return [
    ...["-l", ...cores, "-n", "1", "--no-huge", "-m", `${memoryMb}`],
    ...["--no-pci", "--no-telemetry", "--no-shconf"],
    ...ports,
  ];
}

function l3fwdArguments(directory: string): string[] {
  const [rules4, rules6] = [join(directory, "l3fwd-ipv4"), join(directory, "l3fwd-ipv6")];
  // An R line is a prefix and the port it leaves by; l3fwd insists on IPv6 rules as well.
  writeFileSync(rules4, `R${testPrefix} 1\nR10.1.0.0/24 0\n`);
  writeFileSync(rules6, "R2001:db8:0:0:0:0:0:0/32 1\n");
  return [
    ...["-p", "0x3", "-P", "--lookup=lpm", "--parse-ptype"],
    ...[`--config=(0,0,${dutCpu}),(1,0,${dutCpu})`, `--eth-dest=1,${receiver.mac}`],
    ...[`--rule_ipv4=${rules4}`, `--rule_ipv6=${rules6}`],
  ];
}

function testpmdArguments(): string[] {
  const peers = [`--eth-peer=1,${receiver.mac}`, `--eth-peer=0,${sender.mac}`];
  return [
    "--forward-mode=mac",
    "--auto-start",
    "--nb-cores=1",
    "--total-num-mbufs=16384",
    ...peers,
  ];
}
