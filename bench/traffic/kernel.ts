import { readdirSync, readFileSync } from "node:fs";
import { release } from "node:os";
import type { Namespace } from "../../test/harness/namespace.ts";
import { must } from "../../test/harness/run.ts";
import type { Scope } from "../../test/harness/scope.ts";
import type { Forwarder } from "./forwarder.ts";
import { dutCpu, generatorCpu, type Source, testPrefix } from "./load.ts";
import { Sink } from "./sink.ts";
import {
  addAddress,
  buildTopology,
  inside,
  outside,
  receiver,
  sender,
  setGro,
  writeLinkAttribute,
} from "./topology.ts";

/** Where the kernel does the forwarding work. */
interface Placement {
  name: string;
  gro: boolean;
  threaded: boolean;
  rps: boolean;
}

const sameCore = `CPU ${generatorCpu} with the sender`;
const placements: Placement[] = [
  { name: `${sameCore}, run to completion`, gro: false, threaded: false, rps: false },
  { name: `${sameCore}, NAPI (GRO on)`, gro: true, threaded: false, rps: false },
  { name: `threaded NAPI on CPU ${dutCpu}`, gro: true, threaded: true, rps: false },
  { name: `RPS to CPU ${dutCpu}`, gro: false, threaded: false, rps: true },
  { name: `NAPI (GRO on), RPS to CPU ${dutCpu}`, gro: true, threaded: false, rps: true },
];

/** Frames redirected by XDP are only accepted by a veth whose NAPI runs, that is with GRO on. */
export const placementNames = (source: Source): string[] =>
  placements.filter(({ gro }) => gro || source === "skb").map(({ name }) => name);

/** Kernel IPv4 forwarding between two veths; the scope removes it. */
export async function startKernel(scope: Scope): Promise<Forwarder> {
  const topology = await buildTopology(scope, "kernel");
  await enableForwarding(topology.dut);
  const sink = await Sink.start(scope, topology.receiver.name, receiver.ifname, 63);
  return {
    subject: "kernel",
    description: `Linux ${release()} ip_forward`,
    lane: { netns: topology.sender.name, ifname: sender.ifname, gatewayMac: inside.mac, sink },
    placements: placementNames,
    prepare: (name) => place(topology.dut, name),
    rest: async () => {},
  };
}

async function enableForwarding(dut: Namespace): Promise<void> {
  await addAddress(dut, inside);
  await addAddress(dut, outside);
  const keys = ["ip_forward=1", "conf.all.rp_filter=0", `conf.${inside.ifname}.rp_filter=0`];
  await dut.must("sysctl", ["-qw", ...keys.map((key) => `net.ipv4.${key}`)]);
  const [via = ""] = receiver.address.split("/");
  const neighbour = ["neighbour", "replace", via, "lladdr", receiver.mac, "dev", outside.ifname];
  await must("ip", ["-n", dut.name, ...neighbour, "nud", "permanent"]);
  await must("ip", ["-n", dut.name, "route", "add", testPrefix, "via", via]);
}

/** Moves the work of a DUT that forwards what comes in by `inside`. */
export async function place(dut: Namespace, name: string): Promise<void> {
  const placement = placements.find((one) => one.name === name);
  if (placement === undefined) throw new Error(`no kernel placement ${name}`);
  const { gro, threaded, rps } = placement;
  await setGro(dut, inside.ifname, gro);
  // Without GRO a veth has no NAPI, and the kernel refuses the attribute.
  if (gro) await writeLinkAttribute(dut, inside.ifname, "threaded", threaded ? "1" : "0");
  if (threaded) await pinNapiThread();
  const cpus = rps ? (1 << dutCpu).toString(16) : "0";
  await writeLinkAttribute(dut, inside.ifname, "queues/rx-0/rps_cpus", cpus);
}

/** The kernel starts the thread when NAPI becomes threaded and names it after the interface. */
async function pinNapiThread(): Promise<void> {
  const named = (pid: string) => {
    try {
      return readFileSync(`/proc/${pid}/comm`, "utf8").startsWith(`napi/${inside.ifname}-`);
    } catch {
      return false;
    }
  };
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && named(name));
  if (pids.length === 0) throw new Error(`no NAPI thread of ${inside.ifname} to pin`);
  for (const pid of pids) {
    await must("taskset", ["-pc", `${dutCpu}`, pid]);
    await must("renice", ["-n", "-15", "-p", pid]);
  }
}
