import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { must, run } from "../../test/harness/run.ts";
import { stampBytes } from "./limits.ts";
import { writePcap } from "./pcap.ts";
import type { FrameSpec, FrameTemplate } from "./types.ts";

export const udp4: FrameSpec = {
  ethernet: { source: "02:00:00:00:00:01", destination: "02:00:00:00:00:02" },
  ip: { source: "10.1.0.2", destination: "10.2.0.0" },
  l4: { protocol: "udp", sourcePort: 1024, destinationPort: 9 },
};
export const udp6: FrameSpec = { ...udp4, ip: { source: "fd00:1::2", destination: "fd00:2::" } };

/** The same, within VXLAN over the family of its VTEPs. */
export const tunnelled = (spec: FrameSpec, from: string, to: string, vni = 4711): FrameSpec => ({
  ...spec,
  tunnel: {
    vni,
    ethernet: { source: "02:00:00:00:00:0a", destination: "02:00:00:00:00:0b" },
    ip: { source: from, destination: to },
  },
});

export const asTcp = (spec: FrameSpec): FrameSpec => ({
  ...spec,
  l4: { ...spec.l4, protocol: "tcp" },
});

export const tagged = (spec: FrameSpec, vlan: number): FrameSpec => ({
  ...spec,
  ethernet: { ...spec.ethernet, vlan },
});

/** One frame size. */
export const only = (bytes: number) => [{ bytes, weight: 1 }];

/** Why tshark cannot be asked; "" when it can. */
export async function tsharkLacks(): Promise<string> {
  return run("tshark", ["--version"]).then(
    () => "",
    () => "tshark is not installed: apt-get install tshark",
  );
}

/** A frame as it leaves the generator: at its whole length, with a stamp whose values are given. */
export function stamped(
  { head, length }: FrameTemplate,
  { tag = 0xbeef, sequence = 0xfedcba98, nanoseconds = 0x0123456789abcdefn } = {},
): FrameTemplate {
  const frame = new Uint8Array(length);
  frame.set(head);
  const stamp = new DataView(frame.buffer, head.length - stampBytes, stampBytes);
  stamp.setUint16(0, tag);
  stamp.setUint32(4, sequence);
  stamp.setBigUint64(8, nanoseconds);
  let sum = 0;
  for (let at = 0; at < stampBytes; at += 2) sum += stamp.getUint16(at);
  stamp.setUint16(2, 0xffff - (sum % 0xffff));
  return { head: frame, length };
}

const CHECKS = ["ip", "udp", "tcp"].flatMap((layer) => ["-o", `${layer}.check_checksum:TRUE`]);
const FORMAT = ["-T", "fields", "-E", "separator=/t", "-E", "occurrence=a", "-E", "aggregator=,"];

/**
 * What tshark finds in frames: for each one its values of the fields, from the outermost header
 * inwards.
 */
export async function dissect<F extends string>(
  frames: readonly FrameTemplate[],
  fields: readonly F[],
): Promise<Record<F, string>[]> {
  const dir = mkdtempSync(join(tmpdir(), "mr-frames-"));
  try {
    const file = join(dir, "frames.pcap");
    await writePcap(file, frames);
    const named = fields.flatMap((field) => ["-e", field]);
    const printed = await must("tshark", ["-n", "-r", file, ...CHECKS, ...FORMAT, ...named]);
    return printed
      .replace(/\n$/, "")
      .split("\n")
      .map((line) => {
        const values = line.split("\t");
        const found = fields.map((field, i) => [field, values[i] ?? ""]);
        return Object.fromEntries(found) as Record<F, string>;
      });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
