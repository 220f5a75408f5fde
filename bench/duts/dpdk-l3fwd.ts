import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { whatIsMissing } from "../../test/fixtures/needs.ts";
import type { Scope } from "../../test/harness/scope.ts";
import { dutCpu, testPrefix } from "../traffic/load.ts";
import { driverSettings, startDpdk } from "./dpdk-process.ts";
import { findL3fwd } from "./dpdk-program.ts";
import type { Dut } from "./dut.ts";
import { bothSources, type DutKind } from "./kind.ts";
import { layLane, routedTtl } from "./lane.ts";
import { pollingPlacement } from "./polling.ts";
import { buildTopology, inside, receiver } from "./topology.ts";

const name = "dpdk-l3fwd";
const absent =
  "DPDK's l3fwd and what it is built with are not installed: apt-get install dpdk-dev dpdk-doc";

/** DPDK's example of a router between two veths. */
export const dpdkL3fwd = {
  name,
  tasks: ["route"],
  sources: bothSources,
  summary: "l3fwd of DPDK: longest prefix match, two routes, AF_XDP ports",
  async missing() {
    const found = await findL3fwd().catch((error: Error) => `l3fwd: ${error.message}`);
    if (typeof found === "string") return found;
    return found === null ? absent : whatIsMissing(["root", "afXdp"]) || null;
  },
  async start(scope: Scope): Promise<Dut> {
    const program = await findL3fwd();
    if (program === null) throw new Error(absent);
    const topology = await buildTopology(scope, name, "route");
    const args = l3fwdArguments(scope.dir);
    const child = await startDpdk(scope, topology.dut.name, program, "net_af_xdp", args);
    const how = "LPM, 2 routes";
    return {
      name,
      description: `DPDK ${program.version} l3fwd (${how}), ${driverSettings.net_af_xdp}, no hugepages`,
      lane: layLane(topology, "route", routedTtl, { to: inside.mac }),
      ...pollingPlacement(child),
    };
  },
} as const satisfies DutKind;

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
