import { describe, expect, it } from "vitest";
import { parseTcpdump, parseTshark } from "./decode.ts";

const GREEN4 = {
  vni: 100,
  from: "192.0.2.1",
  to: "192.0.2.2",
  sourceMac: "1a:c8:2c:58:d6:71",
  source: "10.78.1.2",
  destination: "10.78.2.2",
};
const AMBER6 = {
  vni: 200,
  from: "192.0.2.2",
  to: "192.0.2.1",
  sourceMac: "72:24:1c:c5:d2:89",
  source: "fd79::2:2",
  destination: "fd79::1:2",
};
const ARP = { ...AMBER6, source: "", destination: "" };

describe("parseTshark", () => {
  it("tells the addresses of the VTEPs from those inside, in both families", () => {
    const output = [
      "100\t192.0.2.1,10.78.1.2\t192.0.2.2,10.78.2.2\t\t\t02:ea:41:16:e5:1f,1a:c8:2c:58:d6:71\tEcho (ping) request",
      "200\t192.0.2.2\t192.0.2.1\tfd79::2:2\tfd79::1:2\t0e:9d:c3:59:14:11,72:24:1c:c5:d2:89\tEcho (ping) reply",
      "200\t192.0.2.2\t192.0.2.1\t\t\t0e:9d:c3:59:14:11,72:24:1c:c5:d2:89\tWho has 10.78.1.2?",
      "",
    ].join("\n");
    expect(parseTshark(output)).toEqual([
      { ...GREEN4, info: "Echo (ping) request" },
      { ...AMBER6, info: "Echo (ping) reply" },
      { ...ARP, info: "Who has 10.78.1.2?" },
    ]);
  });

  it("finds nothing where there is no VXLAN", () => {
    expect(parseTshark("")).toEqual([]);
  });
});

describe("parseTcpdump", () => {
  const outer = (from: string, to: string, vni: number) =>
    `02:ea:41:16:e5:1f > 0e:9d:c3:59:14:11, ethertype IPv4 (0x0800), length 124: ${from}.53099 > ${to}.4789: VXLAN, flags [I] (0x08), vni ${vni}`;

  it("joins the line of a packet with that of what is in it, without TCP ports", () => {
    const output = [
      outer("192.0.2.1", "192.0.2.2", 100),
      "1a:c8:2c:58:d6:71 > 52:b1:e5:53:7a:a9, ethertype IPv4 (0x0800), length 66: 10.78.1.2.44392 > 10.78.2.2.7000: Flags [.], ack 1",
      outer("192.0.2.2", "192.0.2.1", 200),
      "72:24:1c:c5:d2:89 > 56:fd:93:ea:df:4e, ethertype IPv6 (0x86dd), length 118: fd79::2:2 > fd79::1:2: ICMP6, echo reply, id 7050, seq 1, length 64",
      outer("192.0.2.2", "192.0.2.1", 200),
      "72:24:1c:c5:d2:89 > ff:ff:ff:ff:ff:ff, ethertype ARP (0x0806), length 42: Request who-has 10.78.1.2 tell 10.78.2.2, length 28",
      "",
    ].join("\n");
    expect(parseTcpdump(output)).toEqual([
      { ...GREEN4, info: "Flags [.], ack 1" },
      { ...AMBER6, info: "ICMP6, echo reply, id 7050, seq 1, length 64" },
      { ...ARP, info: "Request who-has 10.78.1.2 tell 10.78.2.2, length 28" },
    ]);
  });

  it("passes over what is no VXLAN", () => {
    const line =
      "1a:c8:2c:58:d6:71 > 52:b1:e5:53:7a:a9, ethertype IPv4 (0x0800), length 98: 10.78.1.2 > 10.78.2.2: ICMP echo request, id 7049, seq 1, length 64";
    expect(parseTcpdump(line)).toEqual([]);
  });
});
