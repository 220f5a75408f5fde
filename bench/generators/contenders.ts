import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../test/harness/run.ts";
import { findDebianPeers } from "../duts/debian-peers.ts";
import { buildTemplates } from "../frames/build.ts";
import { fcsBytes } from "../frames/limits.ts";
import type { Source } from "../frames/types.ts";
import { generatorCpu } from "../trial/tester.ts";
import type { Lane } from "../trial/types.ts";

/** Another traffic generator, on one CPU. */
export interface Contender {
  name: "trafgen" | "xdp-trafficgen";
  description: string;
  /** What it sends is the same kind as ours of this source. */
  source: Source;
  /** The command that sends without end. */
  command: readonly string[];
}

const small = 64;
/** Of a process with all that it forks: trafgen's own children survive it. */
const bounded = ["unshare", "--pid", "--fork", "--kill-child=KILL"];
/** Frames that a run will not reach. */
const endless = 2 ** 31 - 1;

/** trafgen of netsniff-ng: packet sockets with a mapped ring; null when it is not installed. */
export async function findTrafgen(lane: Lane, directory: string): Promise<Contender | null> {
  const found = await run("trafgen", ["--version"]).catch(() => null);
  if (found === null) return null;
  const [frame] = buildTemplates(lane.frame, [], [{ bytes: small, weight: 1 }]);
  const bytes = [...new Uint8Array(frame?.head ?? [])].map((byte) => `0x${byte.toString(16)}`);
  const file = join(directory, "trafgen.cfg");
  writeFileSync(file, `{ ${bytes.join(", ")} }\n`);
  const version = /trafgen (\S+)/.exec(found.stdout)?.[1] ?? "";
  return {
    name: "trafgen",
    description: `trafgen ${version} (netsniff-ng), one process, ${small - fcsBytes} bytes, TX_RING`,
    source: "skb",
    command: [
      ...bounded,
      "taskset",
      "-c",
      `${generatorCpu}`,
      "trafgen",
      "--in",
      file,
      "--out",
      lane.tx.ifname,
      "--cpus",
      "1",
    ],
  };
}

/** xdp-trafficgen of xdp-tools: live frames as ours; a reason when it cannot be had. */
export async function findXdpTrafficgen({ frame, tx }: Lane): Promise<Contender | string> {
  const peers = await findDebianPeers();
  if (typeof peers === "string") return peers;
  const { source, destination } = frame.ethernet;
  const frames = ["--dst-mac", destination, "--src-mac", source, "--num-packets", `${endless}`];
  const program = peers.command("usr/sbin/xdp-trafficgen");
  return {
    name: "xdp-trafficgen",
    description: `xdp-trafficgen ${peers.version("xdp-tools")} udp, one thread`,
    source: "frame",
    command: [
      ...bounded,
      "taskset",
      "-c",
      `${generatorCpu}`,
      ...program,
      "udp",
      ...frames,
      "--threads",
      "1",
      tx.ifname,
    ],
  };
}
