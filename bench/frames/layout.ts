import { addressBits, type Family } from "../../src/networks/ip.ts";
import { fcsBytes, mostBytes, stampBytes } from "./limits.ts";
import { type Headers, readSpec } from "./spec.ts";
import type { FrameSpec, Source } from "./types.ts";

const ETHERNET = 14;
const VLAN_TAG = 4;
/** Header of IP, which its addresses end. */
export const ipBytes = { 4: 20, 6: 40 } as const satisfies Record<Family, number>;
const L4 = { udp: 8, tcp: 20 } as const;
const VXLAN = 8;

export interface BuildOptions {
  /** Frames of more than 1518 bytes, for interfaces that take them. */
  jumbo?: boolean;
  /** What will send the frames, and so how long they may be. */
  source?: Source;
}

/** Both addresses. */
export const addressesBytes = (family: Family): number => addressBits(family) / 4;

/** Bytes of headers that carry a payload, without a tunnel. */
export const innerBytes = ({ vlan, source, protocol }: Headers): number =>
  ETHERNET + (vlan === null ? 0 : VLAN_TAG) + ipBytes[source.family] + L4[protocol];

/** Bytes that the tunnel puts in front: 50 over IPv4, 70 over IPv6; 0 without one. */
export const outerBytes = ({ tunnel }: Headers): number =>
  tunnel ? ETHERNET + ipBytes[tunnel.source.family] + L4.udp + VXLAN : 0;

/**
 * Where the stamp lies: bytes from the start of the frame, tunnel included.
 * @throws Error that names a value of the frame that is wrong, and what is accepted
 */
export function stampOffset(spec: FrameSpec): number {
  const headers = readSpec(spec);
  return outerBytes(headers) + innerBytes(headers);
}

/** Where the innermost IP header lies: bytes from the start of the frame. @throws as stampOffset */
export function innermostIpOffset(spec: FrameSpec): number {
  const headers = readSpec(spec);
  const l3 = ipBytes[headers.source.family] + L4[headers.protocol];
  return outerBytes(headers) + innerBytes(headers) - l3;
}

/**
 * Bytes on the interface of a frame of `bytes`. The size is that of the frame as it stands alone,
 * with its FCS; inside a tunnel it has none.
 */
export const wireBytes = (headers: Headers, bytes: number): number =>
  outerBytes(headers) + bytes - fcsBytes;

/**
 * Checks that headers and stamp fit, and that the frame is none too long to be sent.
 * @throws Error that names the size and what is accepted
 */
export function checkSize(headers: Headers, bytes: number, options: BuildOptions): void {
  const needed = innerBytes(headers);
  const least = needed + stampBytes + fcsBytes;
  if (bytes > least && !Number.isInteger(bytes)) {
    throw new Error(`size ${bytes} B: expected whole bytes`);
  }
  if (!(bytes >= least)) {
    const parts = `(headers ${needed}, stamp ${stampBytes}, FCS ${fcsBytes})`;
    throw new Error(`size ${bytes} B: ${stackName(headers)} needs at least ${least} B ${parts}`);
  }
  const most =
    mostBytes[options.jumbo ? "jumbo" : "ordinary"] + (headers.vlan === null ? 0 : VLAN_TAG);
  if (bytes > most) {
    const unless = options.jumbo ? "" : " without jumbo frames";
    throw new Error(`size ${bytes} B: expected at most ${most} B${unless}`);
  }
  checkSource(headers, bytes, options.source);
}

function checkSource(headers: Headers, bytes: number, source: Source | undefined): void {
  const length = wireBytes(headers, bytes);
  if (source === undefined || length <= mostBytes[source]) return;
  const most = `source ${source} sends at most ${mostBytes[source]}`;
  throw new Error(`size ${bytes} B: ${length} bytes on the interface; ${most}`);
}

function stackName({ protocol, source, vlan }: Headers): string {
  const tag = vlan === null ? "" : " with a VLAN tag";
  return `${protocol.toUpperCase()} over IPv${source.family}${tag}`;
}
