import type { Namespace } from "../../test/harness/namespace.ts";
import { ofProcesses } from "../../test/harness/proc.ts";
import { must } from "../../test/harness/run.ts";
import type { Source } from "../frames/types.ts";
import { dutCpu, generatorCpu } from "../traffic/load.ts";
import type { Cores, Dut, Placement } from "./dut.ts";
import {
  inside,
  sender,
  setGro,
  setOffload,
  type Topology,
  writeLinkAttribute,
} from "./topology.ts";

/** Where the kernel does the forwarding work. */
interface KernelPlacement extends Placement {
  gro: boolean;
  threaded: boolean;
  rps: boolean;
}

export const sameCore = `CPU ${generatorCpu} with the sender`;
const withSender = { cores: "one-core", threaded: false, rps: false } as const;
const stack: readonly KernelPlacement[] = [
  { ...withSender, name: `${sameCore}, run to completion`, gro: false },
  { ...withSender, name: `${sameCore}, NAPI (GRO on)`, gro: true },
  { ...apart({ threaded: true }), name: `threaded NAPI on CPU ${dutCpu}`, gro: true },
  { ...apart({ rps: true }), name: `RPS to CPU ${dutCpu}`, gro: false },
  { ...apart({ rps: true }), name: `NAPI (GRO on), RPS to CPU ${dutCpu}`, gro: true },
];
/** An XDP program runs in the NAPI of its interface; RPS comes after it. */
const xdp: readonly KernelPlacement[] = [
  { ...withSender, name: `${sameCore}, XDP`, gro: true },
  { ...apart({ threaded: true }), name: `XDP in threaded NAPI on CPU ${dutCpu}`, gro: true },
];

function apart({ threaded = false, rps = false }) {
  return { cores: "own-core" as const, threaded, rps };
}

/** Names of those that have these cores; of all when nothing is said. */
export function namesOf(among: readonly Placement[], cores?: Cores): string[] {
  const fits = (one: Placement) => cores === undefined || one.cores === cores;
  return among.filter(fits).map(({ name }) => name);
}

/** Of a device that is the kernel's network stack behind the interface `inside`. */
export function stackPlacements(
  topology: Pick<Topology, "dut" | "sender">,
): Pick<Dut, "placements" | "prepare" | "rest"> {
  return {
    // Frames redirected by XDP are only accepted by a veth whose NAPI runs, that is with GRO on.
    placements: (source: Source, cores) => {
      const possible = stack.filter(({ gro }) => gro || source === "skb");
      return namesOf(possible, cores);
    },
    async prepare(name) {
      const { gro } = await place(topology.dut, stack, name);
      // Without XDP a veth hands packets to NAPI only if their sender does not segment by TSO.
      await setOffload(topology.sender, sender.ifname, "tso", !gro);
    },
    rest: async () => {},
  };
}

/** Of a device that is an XDP program at the interface `inside`. */
export function xdpPlacements(dut: Namespace): Pick<Dut, "placements" | "prepare" | "rest"> {
  return {
    placements: (_, cores) => namesOf(xdp, cores),
    prepare: async (name) => void (await place(dut, xdp, name)),
    rest: async () => {},
  };
}

/** Moves the work of a DUT that forwards what comes in by `inside`. */
async function place(
  dut: Namespace,
  among: readonly KernelPlacement[],
  name: string,
): Promise<KernelPlacement> {
  const placement = among.find((one) => one.name === name);
  if (placement === undefined) throw new Error(`no kernel placement ${name}`);
  const { gro, threaded, rps } = placement;
  await setGro(dut, inside.ifname, gro);
  // Without GRO a veth has no NAPI, and the kernel refuses the attribute.
  if (gro) await writeLinkAttribute(dut, inside.ifname, "threaded", threaded ? "1" : "0");
  if (threaded) await pinNapiThread(inside.ifname, dutCpu);
  const cpus = rps ? (1 << dutCpu).toString(16) : "0";
  await writeLinkAttribute(dut, inside.ifname, "queues/rx-0/rps_cpus", cpus);
  return placement;
}

/** The kernel starts the thread when NAPI becomes threaded and names it after the interface. */
export async function pinNapiThread(ifname: string, cpu: number): Promise<void> {
  const threads = ofProcesses("comm").filter(({ text }) => text.startsWith(`napi/${ifname}-`));
  if (threads.length === 0) throw new Error(`no NAPI thread of ${ifname} to pin`);
  for (const { id } of threads) {
    await must("taskset", ["-pc", `${cpu}`, id]);
    await must("renice", ["-n", "-15", "-p", id]);
  }
}
