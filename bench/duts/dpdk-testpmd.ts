import { whatIsMissing } from "../../test/fixtures/needs.ts";
import type { Scope } from "../../test/harness/scope.ts";
import { type DpdkDriver, driverSettings, startDpdk } from "./dpdk-process.ts";
import { findTestpmd } from "./dpdk-program.ts";
import type { Dut, Task } from "./dut.ts";
import { bothSources, type DutKind } from "./kind.ts";
import { layLane, sentTtl } from "./lane.ts";
import { pollingPlacement } from "./polling.ts";
import { buildTopology, inside, receiver, sender, setGro } from "./topology.ts";

const absent = "testpmd is not installed: apt-get install dpdk";

/** What testpmd does with a frame; it looks nothing up and takes nothing from the TTL. */
const modes = {
  route: { mode: "mac", how: "mac forwarding, no lookup", to: inside.mac },
  bridge: { mode: "io", how: "io forwarding, no lookup", to: receiver.mac },
} as const;

/** A packet socket brings no NAPI with it, which frames redirected by XDP need: ethtool has it on. */
const needs = {
  net_af_xdp: ["root", "afXdp"],
  net_af_packet: ["root", "ethtool"],
} as const satisfies Record<DpdkDriver, unknown>;

export const dpdkTestpmd = testpmd("dpdk-testpmd", "net_af_xdp");
export const dpdkTestpmdAfPacket = testpmd("dpdk-testpmd-af_packet", "net_af_packet");

/** DPDK's test program, which moves frames from port to port. */
function testpmd(name: string, driver: DpdkDriver) {
  return {
    name,
    tasks: ["route", "bridge"],
    sources: bothSources,
    summary: `testpmd of DPDK, ${driver}: from port to port without a lookup, TTL as it was`,
    async missing() {
      return (await findTestpmd()) === null ? absent : whatIsMissing(needs[driver]) || null;
    },
    start: (scope: Scope, task: Task) => start(scope, { name, driver, task }),
  } as const satisfies DutKind;
}

interface Wish {
  name: string;
  driver: DpdkDriver;
  task: Task;
}

async function start(scope: Scope, { name, driver, task }: Wish): Promise<Dut> {
  const program = await findTestpmd();
  if (program === null) throw new Error(absent);
  const { mode, how, to } = modes[task === "route" ? "route" : "bridge"];
  const topology = await buildTopology(scope, `${driver.slice("net_".length)}-${task}`, task);
  if (driver === "net_af_packet") await setGro(topology.dut, inside.ifname, true);
  const args = testpmdArguments(mode);
  const child = await startDpdk(scope, topology.dut.name, program, driver, args);
  return {
    name,
    description: `DPDK ${program.version} testpmd (${how}), ${driverSettings[driver]}, no hugepages`,
    lane: layLane(topology, task, sentTtl, { to }),
    ...pollingPlacement(child),
  };
}

function testpmdArguments(mode: string): string[] {
  const peers = [`--eth-peer=1,${receiver.mac}`, `--eth-peer=0,${sender.mac}`];
  return [
    ...[`--forward-mode=${mode}`, "--auto-start", "--nb-cores=1", "--total-num-mbufs=16384"],
    ...peers,
  ];
}
