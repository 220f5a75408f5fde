import { checkNumber, numberRanges, readSpec, type SpecPath } from "./spec.ts";
import type { FrameSpec } from "./types.ts";

/** Options that describe a frame, as commander hands them over. */
export interface FrameOptions {
  srcMac?: string;
  dstMac?: string;
  vlan?: string;
  src?: string;
  dst?: string;
  ttl?: string;
  protocol?: string;
  sport?: string;
  dport?: string;
  vni?: string;
  outerSrcMac?: string;
  outerDstMac?: string;
  outerSrc?: string;
  outerDst?: string;
}

/** For the command line: flags and what they mean. */
export const frameOptions: readonly (readonly [flags: string, description: string])[] = [
  ["--src-mac <mac>", "MAC that frames come from"],
  ["--dst-mac <mac>", "MAC that frames go to"],
  ["--vlan <id>", "802.1Q tag, 1 to 4094"],
  ["--src <address>", "IPv4 or IPv6 address that packets come from, the first of a range"],
  ["--dst <address>", "address that they go to, the first of a range"],
  ["--ttl <hops>", "TTL or hop limit (default: 64)"],
  ["--protocol <name>", "udp or tcp (default: udp)"],
  ["--sport <port>", "source port, the first of a range (default: 1024)"],
  ["--dport <port>", "destination port (default: 9, discard)"],
  ["--vni <number>", "send it all inside VXLAN; needs the four --outer options"],
  ["--outer-src-mac <mac>", "MAC of the VTEP that sends"],
  ["--outer-dst-mac <mac>", "MAC of the next hop to the VTEP that receives"],
  ["--outer-src <address>", "address of the VTEP that sends"],
  ["--outer-dst <address>", "address of the VTEP that receives"],
];

const OPTION_OF: Record<SpecPath, keyof FrameOptions> = {
  "ethernet.source": "srcMac",
  "ethernet.destination": "dstMac",
  "ethernet.vlan": "vlan",
  "ip.source": "src",
  "ip.destination": "dst",
  "ip.ttl": "ttl",
  "l4.protocol": "protocol",
  "l4.sourcePort": "sport",
  "l4.destinationPort": "dport",
  "tunnel.vni": "vni",
  "tunnel.ethernet.source": "outerSrcMac",
  "tunnel.ethernet.destination": "outerDstMac",
  "tunnel.ip.source": "outerSrc",
  "tunnel.ip.destination": "outerDst",
};

/** "outerSrcMac" is --outer-src-mac. */
const flagOf = (path: SpecPath): string =>
  `--${OPTION_OF[path].replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/**
 * Reads a frame from the command line.
 * @param known what is taken where an option is not given, such as the frame of a lane
 * @throws Error that names the option and what is accepted
 */
export function parseFrameSpec(options: FrameOptions, known?: FrameSpec): FrameSpec {
  const { ethernet, ip, l4 } = known ?? {};
  const text = (path: SpecPath, fallback?: string) => textOf(options, path, fallback);
  const number = (path: keyof typeof numberRanges, fallback?: number) =>
    numberOf(options, path, fallback);
  const vlan = number("ethernet.vlan", ethernet?.vlan);
  const ttl = number("ip.ttl", ip?.ttl);
  const tunnel = readTunnel(options, known?.tunnel);
  const spec: FrameSpec = {
    ethernet: {
      source: text("ethernet.source", ethernet?.source),
      destination: text("ethernet.destination", ethernet?.destination),
      ...(vlan !== undefined && { vlan }),
    },
    ip: {
      source: text("ip.source", ip?.source),
      destination: text("ip.destination", ip?.destination),
      ...(ttl !== undefined && { ttl }),
    },
    l4: {
      // readSpec refuses any other word.
      protocol: text("l4.protocol", l4?.protocol ?? "udp") as "udp",
      sourcePort: number("l4.sourcePort", l4?.sourcePort) ?? 1024,
      destinationPort: number("l4.destinationPort", l4?.destinationPort) ?? 9,
    },
    ...(tunnel && { tunnel }),
  };
  readSpec(spec, flagOf);
  return spec;
}

type TunnelSpec = NonNullable<FrameSpec["tunnel"]>;

function readTunnel(options: FrameOptions, known?: TunnelSpec): TunnelSpec | undefined {
  const vni = numberOf(options, "tunnel.vni", known?.vni);
  if (vni === undefined) {
    const outer = Object.values(OPTION_OF).find((key) => key.startsWith("outer") && options[key]);
    if (outer) throw new Error("--vni: missing; the --outer options are those of a tunnel");
    return undefined;
  }
  const text = (path: SpecPath, fallback?: string) => textOf(options, path, fallback);
  return {
    vni,
    ethernet: {
      source: text("tunnel.ethernet.source", known?.ethernet.source),
      destination: text("tunnel.ethernet.destination", known?.ethernet.destination),
    },
    ip: {
      source: text("tunnel.ip.source", known?.ip.source),
      destination: text("tunnel.ip.destination", known?.ip.destination),
    },
  };
}

function textOf(options: FrameOptions, path: SpecPath, fallback?: string): string {
  const text = options[OPTION_OF[path]] ?? fallback;
  if (text === undefined) throw new Error(`${flagOf(path)}: missing; the frame needs it`);
  return text;
}

function numberOf(
  options: FrameOptions,
  path: keyof typeof numberRanges,
  fallback?: number,
): number | undefined {
  const text = options[OPTION_OF[path]];
  if (text === undefined) return fallback;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  return checkNumber(flagOf(path), value, numberRanges[path], text);
}
