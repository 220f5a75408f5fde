import { hash } from "node:crypto";
import { type Flow, planFlows } from "./flows.ts";
import {
  writeEthernet,
  writeIp,
  writeL4Checksum,
  writeTcp,
  writeUdp,
  writeVxlan,
} from "./headers.ts";
import {
  addressesBytes,
  type BuildOptions,
  checkSize,
  innerBytes,
  ipBytes,
  outerBytes,
  wireBytes,
} from "./layout.ts";
import { stampBytes } from "./limits.ts";
import { playOrder } from "./order.ts";
import { type Headers, readSpec, type Tunnel } from "./spec.ts";
import type { FieldRange, FrameSpec, FrameTemplate, SizeShare } from "./types.ts";

const OUTER_TTL = 64;

/**
 * The frames to be played in a loop, in their order (playOrder, planFlows). Checksums are right with
 * the stamp in place: UDP has none over IPv4, and the outer UDP header of a tunnel has none in either
 * family (RFC 7348 section 5, RFC 6935).
 * @throws Error that names the value, range or size that is wrong, and what is accepted
 */
export function buildTemplates(
  spec: FrameSpec,
  ranges: readonly FieldRange[],
  sizes: readonly SizeShare[],
  options: BuildOptions = {},
): FrameTemplate[] {
  const headers = readSpec(spec);
  if (sizes.length === 0) throw new Error("no frame size; expected at least one");
  for (const { bytes } of sizes) checkSize(headers, bytes, options);
  const flows = planFlows(headers, ranges);
  return playOrder(flows.count, sizes).map(({ flow, bytes }) =>
    buildTemplate(headers, flows.at(flow), wireBytes(headers, bytes)),
  );
}

function buildTemplate(headers: Headers, flow: Flow, length: number): FrameTemplate {
  const outer = outerBytes(headers);
  const head = new Uint8Array(outer + innerBytes(headers) + stampBytes);
  const frame = new DataView(head.buffer);
  const [start, end] = writeInner(frame, outer, { headers, flow, bytes: length - outer });
  if (headers.tunnel) {
    writeOuter(frame, headers.tunnel, length, outerPort(head.subarray(start, end)));
  }
  return { head, length };
}

interface Inner {
  headers: Headers;
  flow: Flow;
  /** Of the frame without FCS. */
  bytes: number;
}

/** Returns where the bytes that tell flows apart start and end: addresses and ports. */
function writeInner(
  frame: DataView,
  at: number,
  { headers, flow, bytes }: Inner,
): [number, number] {
  const { family } = headers.source;
  const { macs, protocol, ttl } = headers;
  const ip = writeEthernet(frame, at, { macs, vlan: Number(flow.vlan), family });
  const start = ip + ipBytes[family];
  const payloadBytes = bytes - (start - at);
  const source = flow["source-address"];
  const destination = flow["destination-address"];
  writeIp(frame, ip, { family, source, destination, protocol, ttl, payloadBytes });
  const end = (protocol === "udp" ? writeUdp : writeTcp)(frame, start, {
    sourcePort: Number(flow["source-port"]),
    destinationPort: Number(flow["destination-port"]),
    bytes: payloadBytes,
  });
  writeL4Checksum(frame, { family, protocol, start, end, bytes: payloadBytes });
  return [start - addressesBytes(family), start + 4];
}

function writeOuter(frame: DataView, tunnel: Tunnel, length: number, sourcePort: number): void {
  const { macs, source, destination, vni } = tunnel;
  const { family } = source;
  const ip = writeEthernet(frame, 0, { macs, vlan: 0, family });
  const udp = ip + ipBytes[family];
  writeIp(frame, ip, {
    family,
    source: source.value,
    destination: destination.value,
    protocol: "udp",
    ttl: OUTER_TTL,
    payloadBytes: length - udp,
  });
  writeVxlan(frame, udp, { vni, sourcePort, bytes: length - udp });
}

/** One port per flow, out of the dynamic ones, so that flows spread (RFC 7348 section 5). */
const outerPort = (flow: Uint8Array): number =>
  49152 + (hash("sha256", flow, "buffer").readUInt16BE() & 0x3fff);
