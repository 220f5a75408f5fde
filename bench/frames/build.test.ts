import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildTemplates } from "./build.ts";
import { asTcp, only, stamped, tagged, tunnelled, udp4, udp6 } from "./fixture.ts";
import { stampOffset } from "./layout.ts";
import { imix } from "./sizes.ts";
import type { FrameSpec, FrameTemplate } from "./types.ts";

const vxlan4 = (spec: FrameSpec) => tunnelled(spec, "192.0.2.1", "192.0.2.2");
const vxlan6 = (spec: FrameSpec) => tunnelled(spec, "2001:db8::1", "2001:db8::2");

const word = (head: Uint8Array, at: number) => ((head[at] ?? 0) << 8) | (head[at + 1] ?? 0);

describe("the stamp", () => {
  it.each([
    ["UDP over IPv4", udp4, 42],
    ["UDP over IPv6", udp6, 62],
    ["TCP over IPv4", asTcp(udp4), 54],
    ["TCP over IPv6 with a VLAN tag", tagged(asTcp(udp6), 5), 78],
    ["UDP over IPv4 in VXLAN over IPv4", vxlan4(udp4), 92],
    ["the longest of all", vxlan6(tagged(asTcp(udp6), 5)), 148],
  ])("lies behind the headers of %s", (_, spec, offset) => {
    expect(stampOffset(spec)).toBe(offset);
    const [frame] = buildTemplates(spec, [], only(1518));
    expect(frame?.head.length).toBe(offset + 18);
    expect(frame?.head.subarray(offset)).toEqual(new Uint8Array(18));
  });

  it("leaves checksums right, whatever it holds and whatever the flow", () => {
    const stamp = fc.record({
      tag: fc.nat(0xffff),
      sequence: fc.nat(0xffffffff),
      nanoseconds: fc.bigInt(0n, 2n ** 64n - 1n),
    });
    const spec = fc.constantFrom(udp6, asTcp(udp4), asTcp(udp6));
    const ports = fc.record({ sourcePort: fc.integer({ min: 1, max: 65535 }) });
    fc.assert(
      fc.property(
        spec,
        ports,
        stamp,
        fc.integer({ min: 96, max: 1518 }),
        (of, port, values, size) => {
          const flow = { ...of, l4: { ...of.l4, ...port } };
          const [frame] = buildTemplates(flow, [], only(size)) as [FrameTemplate];
          expect(verifies(stamped(frame, values), flow)).toBe(true);
        },
      ),
    );
  });

  it("does not hide a wrong byte from that check", () => {
    const [frame] = buildTemplates(udp6, [], only(96)) as [FrameTemplate];
    frame.head[60] = (frame.head[60] as number) ^ 1;
    expect(verifies(stamped(frame), udp6)).toBe(false);
  });
});

it("a UDP checksum that comes out as zero is sent as 0xffff (RFC 768)", () => {
  const withPort = (sourcePort: number) => {
    const [frame] = buildTemplates({ ...udp6, l4: { ...udp6.l4, sourcePort } }, [], only(84));
    return word((frame as FrameTemplate).head, 60);
  };
  // What a port is greater by, the checksum is less by.
  const checksum = withPort(1);
  expect(checksum).toBeLessThan(0xffff);
  expect(withPort(checksum)).toBe(1);
  expect(withPort(checksum + 1)).toBe(0xffff);
});

/** Whether a receiver takes the checksum of L4: with the pseudo-header all words sum to 0xffff. */
function verifies({ head: frame }: FrameTemplate, { ip, l4 }: FrameSpec): boolean {
  const v6 = ip.source.includes(":");
  const start = v6 ? 54 : 34;
  const bytes = [...frame.subarray(v6 ? 22 : 26)];
  if (bytes.length % 2) bytes.push(0);
  const words = bytes.reduce((sum, byte, i) => sum + (i % 2 ? byte : byte * 256), 0);
  const pseudo = (l4.protocol === "udp" ? 17 : 6) + frame.length - start;
  return (words + pseudo) % 0xffff === 0;
}

describe("a mix of sizes", () => {
  it("has every flow in every size, with exact shares", () => {
    const ranges = [{ field: "destination-address" as const, count: 256 }];
    const frames = buildTemplates(udp4, ranges, imix);
    const seen = new Map<string, number>();
    for (const { head, length } of frames) {
      const key = `${length} ${head[33]}`;
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
    expect(seen.size).toBe(256 * 3);
    for (const [key, times] of seen) {
      expect(times).toBe(key.startsWith("60 ") ? 7 : key.startsWith("590 ") ? 4 : 1);
    }
  });

  it("is of lengths on the interface, which a tunnel adds to", () => {
    const lengths = (spec: FrameSpec) =>
      [...new Set(buildTemplates(spec, [], imix).map(({ length }) => length))].sort(
        (a, b) => a - b,
      );
    expect(lengths(udp4)).toEqual([60, 590, 1514]);
    expect(lengths(vxlan4(udp4))).toEqual([110, 640, 1564]);
    expect(lengths(vxlan6(udp4))).toEqual([130, 660, 1584]);
  });
});

describe("the outer source port", () => {
  const count = 4096;
  const ranges = [{ field: "source-port" as const, count }];
  const frames = buildTemplates(vxlan4(udp4), ranges, [
    { bytes: 64, weight: 1 },
    { bytes: 128, weight: 1 },
  ]);
  const portsOf = (flow: number) =>
    frames.filter(({ head }) => word(head, 84) === flow).map(({ head }) => word(head, 34));

  it("is one of the dynamic ports, and spreads flows over them", () => {
    const ports = frames.map(({ head }) => word(head, 34));
    expect(Math.min(...ports)).toBeGreaterThanOrEqual(49152);
    // Of 4096 flows thrown at 16384 ports at random, 3624 ports are hit.
    expect(new Set(ports).size).toBeGreaterThan(3500);
  });

  it("is the same for every frame of a flow", () => {
    const [first, ...more] = portsOf(1024 + 77);
    expect(more).toEqual([first]);
  });
});

describe("buildTemplates refuses", () => {
  it.each([
    [64, udp6, "size 64 B: UDP over IPv6 needs at least 84 B (headers 62, stamp 18, FCS 4)"],
    [64, asTcp(udp4), "size 64 B: TCP over IPv4 needs at least 76 B (headers 54, stamp 18, FCS 4)"],
    [
      99,
      vxlan4(tagged(asTcp(udp6), 1)),
      "size 99 B: TCP over IPv6 with a VLAN tag needs at least 100 B (headers 78, stamp 18, FCS 4)",
    ],
    [64.5, udp4, "size 64.5 B: expected whole bytes"],
    [1519, udp4, "size 1519 B: expected at most 1518 B without jumbo frames"],
    [1523, tagged(udp4, 1), "size 1523 B: expected at most 1522 B without jumbo frames"],
  ])("a size of %s bytes", (size, spec, message) => {
    expect(() => buildTemplates(spec, [], only(size))).toThrow(message);
  });

  it("jumbo frames of more than 9018 bytes", () => {
    expect(buildTemplates(udp4, [], only(9018), { jumbo: true })[0]?.length).toBe(9014);
    expect(() => buildTemplates(udp4, [], only(9019), { jumbo: true })).toThrow(
      "size 9019 B: expected at most 9018 B",
    );
  });

  it("frames that the source cannot send", () => {
    const build = (size: number, source: "skb" | "frame") =>
      buildTemplates(vxlan4(udp4), [], only(size), { jumbo: true, source })[0]?.length;
    expect(build(3346, "frame")).toBe(3392);
    expect(build(4050, "skb")).toBe(4096);
    expect(() => build(3347, "frame")).toThrow(
      "size 3347 B: 3393 bytes on the interface; source frame sends at most 3392",
    );
    expect(() => build(4051, "skb")).toThrow("source skb sends at most 4096");
  });

  it("no size at all", () => {
    expect(() => buildTemplates(udp4, [], [])).toThrow("no frame size; expected at least one");
  });
});
