import { type Address, parseAddress } from "../../src/networks/ip.ts";
import { macProblem } from "../../src/networks/mac.ts";
import type { FrameSpec } from "./types.ts";

const DEFAULT_TTL = 64;

/** A frame's headers, checked and in numbers. */
export interface Headers {
  /** Destination and source, as they stand in the frame. */
  macs: Uint8Array;
  /** Null: no tag. */
  vlan: number | null;
  source: Address;
  destination: Address;
  ttl: number;
  protocol: "udp" | "tcp";
  sourcePort: number;
  destinationPort: number;
  tunnel: Tunnel | null;
}

export interface Tunnel {
  vni: number;
  macs: Uint8Array;
  source: Address;
  destination: Address;
}

/** Values that are whole numbers, with the least and the most. */
export const numberRanges = {
  "ethernet.vlan": [1, 4094],
  "ip.ttl": [1, 255],
  "l4.sourcePort": [1, 65535],
  "l4.destinationPort": [1, 65535],
  "tunnel.vni": [0, 0xffffff],
} as const;

/** A value of a FrameSpec, as errors name it. */
export type SpecPath =
  | keyof typeof numberRanges
  | `${"" | "tunnel."}${"ethernet" | "ip"}.${"source" | "destination"}`
  | "l4.protocol";

/** What the user calls it. */
export type NameOf = (path: SpecPath) => string;

/**
 * Checks a frame's headers.
 * @throws Error that names the value and what is accepted
 */
export function readSpec(spec: FrameSpec, nameOf: NameOf = (path) => path): Headers {
  const { ethernet, ip, l4, tunnel } = spec;
  const number = (path: keyof typeof numberRanges, value: number) =>
    checkNumber(nameOf(path), value, numberRanges[path]);
  if (l4.protocol !== "udp" && l4.protocol !== "tcp") {
    throw new Error(`${nameOf("l4.protocol")} ${l4.protocol}: expected udp or tcp`);
  }
  return {
    ...readPair(ethernet, ip, "", nameOf),
    vlan: ethernet.vlan === undefined ? null : number("ethernet.vlan", ethernet.vlan),
    ttl: number("ip.ttl", ip.ttl ?? DEFAULT_TTL),
    protocol: l4.protocol,
    sourcePort: number("l4.sourcePort", l4.sourcePort),
    destinationPort: number("l4.destinationPort", l4.destinationPort),
    tunnel: tunnel
      ? {
          ...readPair(tunnel.ethernet, tunnel.ip, "tunnel.", nameOf),
          vni: number("tunnel.vni", tunnel.vni),
        }
      : null,
  };
}

/**
 * @param text how the user wrote it
 * @throws Error when it is no whole number within the range
 */
export function checkNumber(
  name: string,
  value: number,
  [least, most]: readonly [number, number],
  text = String(value),
): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Error(`${name} ${text}: expected a whole number from ${least} to ${most}`);
}

interface Ends {
  source: string;
  destination: string;
}

function readPair(ethernet: Ends, ip: Ends, prefix: "" | "tunnel.", nameOf: NameOf) {
  const mac = nameOf(`${prefix}ethernet.source`);
  const problem = macProblem(ethernet.source);
  if (problem) throw new Error(`${mac} ${ethernet.source}: ${problem}; expected one as ${MAC}`);
  const destinationMac = readMac(nameOf(`${prefix}ethernet.destination`), ethernet.destination);
  const sourceName = nameOf(`${prefix}ip.source`);
  const destinationName = nameOf(`${prefix}ip.destination`);
  const source = readAddress(sourceName, ip.source);
  const destination = readAddress(destinationName, ip.destination);
  if (source.family !== destination.family) {
    const like = `as ${sourceName} ${ip.source} is`;
    const what = `expected an IPv${source.family} address, ${like}`;
    throw new Error(`${destinationName} ${ip.destination}: ${what}`);
  }
  return {
    macs: new Uint8Array([...destinationMac, ...readMac(mac, ethernet.source)]),
    source,
    destination,
  };
}

const MAC = "02:00:00:00:00:01";

/** A destination may be a group, broadcast too. */
function readMac(name: string, text: string): number[] {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text)) {
    throw new Error(`${name} ${text}: not a MAC address; expected one as ${MAC}`);
  }
  return text.split(":").map((byte) => Number.parseInt(byte, 16));
}

function readAddress(name: string, text: string): Address {
  try {
    return parseAddress(text);
  } catch (error) {
    const expected = 'expected one as "10.1.0.1" or "fd00:1::1"';
    throw new Error(`${name} ${text}: ${(error as Error).message}; ${expected}`, { cause: error });
  }
}
