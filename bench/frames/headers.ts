import type { Family } from "../../src/networks/ip.ts";
import { checksumOf, sumWords } from "./checksum.ts";
import { addressesBytes, ipBytes } from "./layout.ts";

/** Each function writes one header at `at` and returns where the next one starts. */

const ETHER_TYPE = { 4: 0x0800, 6: 0x86dd } as const satisfies Record<Family, number>;
const VLAN_TYPE = 0x8100;
const PROTOCOL = { udp: 17, tcp: 6 } as const;
const DONT_FRAGMENT = 0x4000;
const VXLAN_PORT = 4789;
const ACK = 0x10;
const FULL_WINDOW = 65535;

/** @param macs destination, then source @param vlan 0: no tag */
export function writeEthernet(
  frame: DataView,
  at: number,
  { macs, vlan, family }: { macs: Uint8Array; vlan: number; family: Family },
): number {
  new Uint8Array(frame.buffer, frame.byteOffset + at).set(macs);
  let next = at + macs.length;
  if (vlan !== 0) {
    frame.setUint16(next, VLAN_TYPE);
    frame.setUint16(next + 2, vlan);
    next += 4;
  }
  frame.setUint16(next, ETHER_TYPE[family]);
  return next + 2;
}

export interface IpHeader {
  family: Family;
  source: bigint;
  destination: bigint;
  protocol: "udp" | "tcp";
  ttl: number;
  /** Behind this header. */
  payloadBytes: number;
}

export function writeIp(frame: DataView, at: number, header: IpHeader): number {
  return header.family === 4 ? writeIp4(frame, at, header) : writeIp6(frame, at, header);
}

/** RFC 791. The identification is 0: it means nothing in a packet that may not be cut (RFC 6864). */
function writeIp4(frame: DataView, at: number, header: IpHeader): number {
  frame.setUint8(at, 0x45);
  frame.setUint16(at + 2, ipBytes[4] + header.payloadBytes);
  frame.setUint16(at + 6, DONT_FRAGMENT);
  frame.setUint8(at + 8, header.ttl);
  frame.setUint8(at + 9, PROTOCOL[header.protocol]);
  frame.setUint32(at + 12, Number(header.source));
  frame.setUint32(at + 16, Number(header.destination));
  frame.setUint16(at + 10, checksumOf(sumWords(frame, at, at + ipBytes[4])));
  return at + ipBytes[4];
}

/** RFC 8200. */
function writeIp6(frame: DataView, at: number, header: IpHeader): number {
  frame.setUint8(at, 0x60);
  frame.setUint16(at + 4, header.payloadBytes);
  frame.setUint8(at + 6, PROTOCOL[header.protocol]);
  frame.setUint8(at + 7, header.ttl);
  setAddress6(frame, at + 8, header.source);
  setAddress6(frame, at + 24, header.destination);
  return at + ipBytes[6];
}

function setAddress6(frame: DataView, at: number, address: bigint): void {
  frame.setBigUint64(at, address >> 64n);
  frame.setBigUint64(at + 8, BigInt.asUintN(64, address));
}

export interface UdpHeader {
  sourcePort: number;
  destinationPort: number;
  /** Header and payload. */
  bytes: number;
}

/** RFC 768, without a checksum. */
export function writeUdp(frame: DataView, at: number, header: UdpHeader): number {
  frame.setUint16(at, header.sourcePort);
  frame.setUint16(at + 2, header.destinationPort);
  frame.setUint16(at + 4, header.bytes);
  return at + 8;
}

/** RFC 9293, without a checksum: a segment in the midst of a connection. */
export function writeTcp(frame: DataView, at: number, header: UdpHeader): number {
  frame.setUint16(at, header.sourcePort);
  frame.setUint16(at + 2, header.destinationPort);
  frame.setUint32(at + 4, 1);
  frame.setUint32(at + 8, 1);
  frame.setUint8(at + 12, 5 << 4);
  frame.setUint8(at + 13, ACK);
  frame.setUint16(at + 14, FULL_WINDOW);
  return at + 20;
}

/** RFC 7348 section 5. @returns where the frame inside starts */
export function writeVxlan(
  frame: DataView,
  at: number,
  { vni, sourcePort, bytes }: { vni: number; sourcePort: number; bytes: number },
): number {
  const next = writeUdp(frame, at, { sourcePort, destinationPort: VXLAN_PORT, bytes });
  frame.setUint8(next, 0x08);
  frame.setUint32(next + 4, vni * 256);
  return next + 8;
}

/** What the checksum of L4 covers: the L4 header and what its pseudo-header takes from IP. */
export interface Covered {
  family: Family;
  protocol: "udp" | "tcp";
  /** Where the L4 header starts and ends; zeros follow. */
  start: number;
  end: number;
  /** Header and payload. */
  bytes: number;
}

/**
 * Writes the checksum of UDP or TCP (RFC 768, RFC 9293, RFC 8200 section 8.1); UDP over IPv4 goes
 * without one.
 */
export function writeL4Checksum(frame: DataView, covered: Covered): void {
  const { family, protocol, start, end, bytes } = covered;
  if (protocol === "udp" && family === 4) return;
  const addresses = sumWords(frame, start - addressesBytes(family), start);
  const checksum = checksumOf(addresses + PROTOCOL[protocol] + bytes + sumWords(frame, start, end));
  // In UDP zero would say that there is none.
  const written = protocol === "udp" && checksum === 0 ? 0xffff : checksum;
  frame.setUint16(start + (protocol === "udp" ? 6 : 16), written);
}
