import { run } from "../../../test/harness/run.ts";
import type { Scope } from "../../../test/harness/scope.ts";

/** A VXLAN packet of a capture. */
export interface VxlanPacket {
  vni: number;
  /** Addresses of the VTEPs. */
  from: string;
  to: string;
  /** Of the frame inside. */
  sourceMac: string;
  /** "" when it is neither IPv4 nor IPv6. */
  source: string;
  destination: string;
  /** What it is about, in the words of the decoder. */
  info: string;
}

export interface Decoded {
  packets: VxlanPacket[];
  /** Program that read the capture. */
  by: "tshark" | "tcpdump";
}

/**
 * Reads a capture by tshark, or by tcpdump where that is not installed.
 * @throws Error in the words of the program that cannot read it
 */
export async function decodeCapture({ signal }: Scope, file: string): Promise<Decoded> {
  const tshark = await run("tshark", tsharkArgs(file), { signal }).catch((error: Error) => {
    if (!error.message.includes("not installed")) throw error;
    return null;
  });
  if (tshark !== null) {
    requireSuccess("tshark", tshark);
    return { packets: parseTshark(tshark.stdout), by: "tshark" };
  }
  const tcpdump = await run("tcpdump", ["-r", file, "-nn", "-e", "-t"], { signal });
  requireSuccess("tcpdump", tcpdump);
  return { packets: parseTcpdump(tcpdump.stdout), by: "tcpdump" };
}

const FIELDS = ["vxlan.vni", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "eth.src", "_ws.col.Info"];

/** Every occurrence of a field, from the outermost header inwards. */
function tsharkArgs(file: string): string[] {
  const fields = FIELDS.flatMap((field) => ["-e", field]);
  const format = ["-E", "separator=/t", "-E", "occurrence=a", "-E", "aggregator=,"];
  return ["-n", "-r", file, "-Y", "vxlan", "-T", "fields", ...format, ...fields];
}

/** Reads what `tshark -T fields` prints of an IPv4 underlay. */
export function parseTshark(output: string): VxlanPacket[] {
  return output.split("\n").flatMap((line) => {
    const [vni, src = "", dst = "", src6 = "", dst6 = "", macs = "", info = ""] = line.split("\t");
    if (!vni) return [];
    const [from = "", source = first(src6)] = src.split(",");
    const [to = "", destination = first(dst6)] = dst.split(",");
    const sourceMac = macs.split(",")[1] ?? "";
    return { vni: Number(vni), from, to, sourceMac, source, destination, info };
  });
}

const OUTER = /(\S+)\.\d+ > (\S+)\.\d+: VXLAN, .* vni (\d+)$/;
const INNER = /^(\S+) > \S+, ethertype [^:]+: (?:([\da-f.:]+) > ([\da-f.:]+): )?(.*)$/;

/** Reads what `tcpdump -e -t -nn` prints: a line for the packet, another one for what is in it. */
export function parseTcpdump(output: string): VxlanPacket[] {
  const lines = output.split("\n");
  return lines.flatMap((line, i) => {
    const [, from = "", to = "", vni] = OUTER.exec(line) ?? [];
    if (vni === undefined) return [];
    const [, sourceMac = "", source = "", destination = "", info = ""] =
      INNER.exec(lines[i + 1] ?? "") ?? [];
    const inner = { sourceMac, source: bare(source), destination: bare(destination), info };
    return { vni: Number(vni), from, to, ...inner };
  });
}

/** Without the port that tcpdump puts behind an address. */
const bare = (text: string): string =>
  text.includes(":") ? text.replace(/\.\d+$/, "") : text.split(".").slice(0, 4).join(".");

const first = (list: string): string => list.split(",")[0] ?? "";

function requireSuccess(program: string, result: { exitCode: number | null; stderr: string }) {
  if (result.exitCode === 0) return;
  throw new Error(`${program}: ${result.stderr.trim() || `exit status ${result.exitCode}`}`);
}
