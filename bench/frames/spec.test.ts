import { describe, expect, it } from "vitest";
import { buildTemplates } from "./build.ts";
import { only, tagged, tunnelled, udp4 } from "./fixture.ts";
import type { FrameSpec } from "./types.ts";

const build = (spec: FrameSpec) => buildTemplates(spec, [], only(128));
const addresses = (source: string, destination: string): FrameSpec => ({
  ...udp4,
  ip: { source, destination },
});
const macs = (source: string, destination: string): FrameSpec => ({
  ...udp4,
  ethernet: { source, destination },
});
const port = (sourcePort: number): FrameSpec => ({ ...udp4, l4: { ...udp4.l4, sourcePort } });
const OK = "02:00:00:00:00:01";

describe("a frame is refused with", () => {
  it.each<[string, FrameSpec, string]>([
    [
      "half a MAC",
      macs("02:00", OK),
      "ethernet.source 02:00: not a MAC address; expected one as 02:00:00:00:00:01",
    ],
    [
      "a group as its source",
      macs("01:00:5e:00:00:01", OK),
      "ethernet.source 01:00:5e:00:00:01: a multicast address; expected one as 02:00:00:00:00:01",
    ],
    [
      "no MAC as its destination",
      macs(OK, "everybody"),
      "ethernet.destination everybody: not a MAC address; expected one as 02:00:00:00:00:01",
    ],
    [
      "half an address",
      addresses("10.1", "10.2.0.0"),
      'ip.source 10.1: not an IPv4 or IPv6 address; expected one as "10.1.0.1" or "fd00:1::1"',
    ],
    [
      "two families",
      addresses("10.1.0.1", "fd00::1"),
      "ip.destination fd00::1: expected an IPv4 address, as ip.source 10.1.0.1 is",
    ],
    [
      "two families outside",
      tunnelled(udp4, "fd00::1", "192.0.2.1"),
      "tunnel.ip.destination 192.0.2.1: expected an IPv6 address, as tunnel.ip.source fd00::1 is",
    ],
    ["VLAN 4095", tagged(udp4, 4095), "ethernet.vlan 4095: expected a whole number from 1 to 4094"],
    [
      "a TTL of 0",
      { ...udp4, ip: { ...udp4.ip, ttl: 0 } },
      "ip.ttl 0: expected a whole number from 1 to 255",
    ],
    ["port 0", port(0), "l4.sourcePort 0: expected a whole number from 1 to 65535"],
    ["half a port", port(9.5), "l4.sourcePort 9.5: expected a whole number from 1 to 65535"],
    [
      "a VNI of 25 bits",
      tunnelled(udp4, "192.0.2.1", "192.0.2.2", 2 ** 24),
      "tunnel.vni 16777216: expected a whole number from 0 to 16777215",
    ],
    [
      "another protocol",
      { ...udp4, l4: { ...udp4.l4, protocol: "sctp" as "udp" } },
      "l4.protocol sctp: expected udp or tcp",
    ],
  ])("%s", (_, spec, message) => {
    expect(() => build(spec)).toThrow(new Error(message));
  });

  it("and taken to everybody", () => {
    expect(build(macs(OK, "ff:ff:ff:ff:ff:ff"))).toHaveLength(1);
  });
});
