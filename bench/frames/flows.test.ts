import { describe, expect, it } from "vitest";
import { tagged, udp4, udp6 } from "./fixture.ts";
import { flowRanges, planFlows } from "./flows.ts";
import { readSpec } from "./spec.ts";
import type { FieldRange, FrameSpec, VariedField } from "./types.ts";

const plan = (spec: FrameSpec, ...ranges: FieldRange[]) => planFlows(readSpec(spec), ranges);
const values = (spec: FrameSpec, field: VariedField, count: number) => {
  const flows = plan(spec, { field, count });
  return Array.from({ length: flows.count }, (_, n) => flows.at(n)[field]);
};
const at = (sourcePort: number): FrameSpec => ({ ...udp4, l4: { ...udp4.l4, sourcePort } });
const from = (source: string): FrameSpec => ({ ...udp4, ip: { ...udp4.ip, source } });

describe("flows", () => {
  it("are one when nothing varies, or a range has one value only", () => {
    expect(plan(udp4).count).toBe(1);
    const one = plan(udp4, { field: "destination-port", count: 1 });
    expect(one.count).toBe(1);
    expect(one.at(0)["destination-port"]).toBe(9n);
  });

  it("carry addresses over their bytes, in both families", () => {
    const last = values(from("10.1.254.255"), "source-address", 300);
    expect(last.at(0)).toBe(0x0a01feffn);
    expect(last.at(-1)).toBe(0x0a0200_2an);
    const spec = { ...udp6, ip: { source: "fd00::ffff:ffff:ffff:ffff", destination: "fd00:2::" } };
    expect(values(spec, "source-address", 2)).toEqual([
      0xfd00_0000_0000_0000_ffff_ffff_ffff_ffffn,
      0xfd00_0000_0000_0001_0000_0000_0000_0000n,
    ]);
  });

  it("wrap ports within 1024 to 65535 and VLANs within 1 to 4094", () => {
    expect(values(at(65534), "source-port", 4)).toEqual([65534n, 65535n, 1024n, 1025n]);
    expect(values(tagged(udp4, 4093), "vlan", 3)).toEqual([4093n, 4094n, 1n]);
  });

  it("keep to the smaller range modulo its count", () => {
    const flows = plan(
      udp4,
      { field: "destination-address", count: 6 },
      { field: "source-port", count: 4 },
    );
    expect(flows.count).toBe(12);
    const flow = flows.at(11);
    expect(flow["destination-address"]).toBe(0x0a020005n);
    expect(flow["source-port"]).toBe(1027n);
  });

  it("are all distinct, as many as 65536 by address and port", () => {
    const flows = plan(udp4, ...flowRanges(["destination-address", "source-port"], 65536));
    const seen = new Set(
      Array.from({ length: flows.count }, (_, n) => Object.values(flows.at(n)).join()),
    );
    expect(seen.size).toBe(65536);
  });
});

describe("planFlows refuses", () => {
  it.each<[string, FrameSpec, FieldRange[], string]>([
    [
      "a count of none",
      udp4,
      [{ field: "source-port", count: 0 }],
      "source-port: 0 values; expected a whole number from 1 to 131072",
    ],
    [
      "a tag that is not there",
      udp4,
      [{ field: "vlan", count: 2 }],
      "vlan: 2 values, but the frame has no VLAN tag; give it one",
    ],
    [
      "a range of well-known ports",
      udp4,
      [{ field: "destination-port", count: 2 }],
      "destination-port: a range from 9; expected one from 1024 to 65535",
    ],
    [
      "addresses beyond the last",
      from("255.255.255.250"),
      [{ field: "source-address", count: 7 }],
      "source-address: 7 values; at most 6, then the IPv4 addresses end",
    ],
    [
      "two ranges of one field",
      udp4,
      flowRanges(["source-port", "source-port"], 2),
      "source-port: two ranges for one field; give it one",
    ],
    [
      "too many flows",
      udp4,
      [
        { field: "source-port", count: 401 },
        { field: "destination-address", count: 400 },
      ],
      "ranges of 401 and 400 values make 160400 flows; at most 131072: use counts that divide each other",
    ],
    [
      "more flows than the field has values",
      udp4,
      [{ field: "source-port", count: 65536 }],
      "65536 flows, but source-port takes 64512 values (1024 to 65535): vary another field as well",
    ],
  ])("%s", (_, spec, ranges, message) => {
    expect(() => plan(spec, ...ranges)).toThrow(message);
  });
});
