import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { tunnelled, udp4 } from "./fixture.ts";
import { type FrameOptions, frameOptions, parseFrameSpec } from "./options.ts";

const NEEDED = {
  srcMac: "02:00:00:00:00:01",
  dstMac: "02:00:00:00:00:02",
  src: "10.1.0.2",
  dst: "10.2.0.0",
};
const OUTER = {
  outerSrcMac: "02:00:00:00:00:0a",
  outerDstMac: "02:00:00:00:00:0b",
  outerSrc: "192.0.2.1",
  outerDst: "192.0.2.2",
};

/** What commander makes of a command line. */
function parsed(line: string): FrameOptions {
  const command = new Command();
  for (const [flags, description] of frameOptions) command.option(flags, description);
  return command.parse(line.split(" "), { from: "user" }).opts();
}

describe("parseFrameSpec", () => {
  it("needs MACs and addresses only", () => {
    expect(parseFrameSpec(NEEDED)).toEqual(udp4);
  });

  it("reads every option from a command line", () => {
    const line =
      "--src-mac 02:00:00:00:00:01 --dst-mac 02:00:00:00:00:02 --vlan 7 --src fd00::1 --dst fd00::2 --ttl 3 --protocol tcp --sport 5000 --dport 80 --vni 0 --outer-src-mac 02:00:00:00:00:0a --outer-dst-mac 02:00:00:00:00:0b --outer-src 192.0.2.1 --outer-dst 192.0.2.2";
    const { ethernet } = udp4;
    expect(parseFrameSpec(parsed(line))).toEqual({
      ethernet: { ...ethernet, vlan: 7 },
      ip: { source: "fd00::1", destination: "fd00::2", ttl: 3 },
      l4: { protocol: "tcp", sourcePort: 5000, destinationPort: 80 },
      tunnel: tunnelled(udp4, "192.0.2.1", "192.0.2.2", 0).tunnel,
    });
  });

  it("takes the rest from a frame that is known", () => {
    const known = tunnelled(udp4, "192.0.2.1", "192.0.2.2");
    expect(parseFrameSpec({}, known)).toEqual(known);
    expect(parseFrameSpec({ dst: "10.9.0.0", vni: "5" }, known)).toEqual({
      ...tunnelled(udp4, "192.0.2.1", "192.0.2.2", 5),
      ip: { source: "10.1.0.2", destination: "10.9.0.0" },
    });
  });

  it.each<[FrameOptions, string]>([
    [{ ...NEEDED, sport: "http" }, "--sport http: expected a whole number from 1 to 65535"],
    [{ ...NEEDED, dport: "" }, "--dport : expected a whole number from 1 to 65535"],
    [{ ...NEEDED, vlan: "0" }, "--vlan 0: expected a whole number from 1 to 4094"],
    [{ ...NEEDED, ttl: "1e2" }, "--ttl 1e2: expected a whole number from 1 to 255"],
    [{ ...NEEDED, protocol: "icmp" }, "--protocol icmp: expected udp or tcp"],
    [
      { ...NEEDED, dst: "fd00::1" },
      "--dst fd00::1: expected an IPv4 address, as --src 10.1.0.2 is",
    ],
    [
      { ...NEEDED, dstMac: "02-00" },
      "--dst-mac 02-00: not a MAC address; expected one as 02:00:00:00:00:01",
    ],
    [{ ...NEEDED, ...OUTER }, "--vni: missing; the --outer options are those of a tunnel"],
    [{ ...NEEDED, ...OUTER, vni: "x" }, "--vni x: expected a whole number from 0 to 16777215"],
    [{ ...NEEDED, vni: "7" }, "--outer-src-mac: missing; the frame needs it"],
    [
      { ...NEEDED, ...OUTER, vni: "7", outerDst: "fd00::1" },
      "--outer-dst fd00::1: expected an IPv4 address, as --outer-src 192.0.2.1 is",
    ],
    [{}, "--src-mac: missing; the frame needs it"],
  ])("refuses %j in words", (options, message) => {
    expect(() => parseFrameSpec(options)).toThrow(new Error(message));
  });
});
