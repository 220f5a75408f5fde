import { isDeepStrictEqual } from "node:util";
import { beforeEach, describe, expect, it } from "vitest";
import { buildTemplates } from "./build.ts";
import {
  asTcp,
  dissect,
  only,
  stamped,
  tagged,
  tsharkLacks,
  tunnelled,
  udp4,
  udp6,
} from "./fixture.ts";
import { flowRanges } from "./flows.ts";
import type { FrameSpec } from "./types.ts";

const lacks = await tsharkLacks();
beforeEach((context) => context.skip(lacks !== "", lacks));

const GOOD = "1";
const NONE = "3";
const checksums = ["ip.checksum.status", "udp.checksum.status", "tcp.checksum.status"] as const;
const clean = ["_ws.malformed", "frame.len", "frame.cap_len"] as const;

const seen = async <F extends string>(spec: FrameSpec, bytes: number, fields: readonly F[]) => {
  const frames = buildTemplates(spec, [], only(bytes)).map((frame) => stamped(frame));
  const [first] = await dissect(frames, [...clean, ...checksums, ...fields]);
  return first;
};

const alone = (bytes: number) => ({
  "_ws.malformed": "",
  "frame.len": `${bytes - 4}`,
  "frame.cap_len": `${bytes - 4}`,
});

describe("tshark finds", () => {
  it("IPv4 and UDP with a right header checksum and no UDP checksum", async () => {
    const fields = ["eth.src", "eth.dst", "ip.src", "ip.dst", "ip.ttl", "ip.flags.df", "ip.len"];
    const udp = ["udp.srcport", "udp.dstport", "udp.length"];
    expect(await seen(udp4, 64, [...fields, ...udp])).toEqual({
      ...alone(64),
      "ip.checksum.status": GOOD,
      "udp.checksum.status": NONE,
      "tcp.checksum.status": "",
      "eth.src": "02:00:00:00:00:01",
      "eth.dst": "02:00:00:00:00:02",
      "ip.src": "10.1.0.2",
      "ip.dst": "10.2.0.0",
      "ip.ttl": "64",
      "ip.flags.df": "1",
      "ip.len": "46",
      "udp.srcport": "1024",
      "udp.dstport": "9",
      "udp.length": "26",
    });
  });

  it("IPv6 and UDP with a right checksum, stamp and all", async () => {
    const spec = { ...udp6, ip: { ...udp6.ip, ttl: 7 } };
    expect(await seen(spec, 128, ["ipv6.src", "ipv6.dst", "ipv6.hlim", "ipv6.plen"])).toEqual({
      ...alone(128),
      "ip.checksum.status": "",
      "udp.checksum.status": GOOD,
      "tcp.checksum.status": "",
      "ipv6.src": "fd00:1::2",
      "ipv6.dst": "fd00:2::",
      "ipv6.hlim": "7",
      "ipv6.plen": "70",
    });
  });

  it.each([
    ["IPv4", udp4, GOOD],
    ["IPv6", udp6, ""],
  ])("TCP over %s, an ACK with payload and a right checksum", async (_, spec, ip) => {
    const fields = ["tcp.flags", "tcp.hdr_len", "tcp.payload", "tcp.dstport"];
    const payload = 1514 - 14 - (ip ? 20 : 40) - 20;
    expect(await seen(asTcp(spec), 1518, fields)).toEqual({
      ...alone(1518),
      "ip.checksum.status": ip,
      "udp.checksum.status": "",
      "tcp.checksum.status": GOOD,
      "tcp.flags": "0x0010",
      "tcp.hdr_len": "20",
      "tcp.payload": expect.stringMatching(new RegExp(`^beef[0-9a-f]{${2 * payload - 4}}$`)),
      "tcp.dstport": "9",
    });
  });

  it.each([
    ["UDP over IPv4", udp4, [GOOD, NONE, ""]],
    ["UDP over IPv6", udp6, ["", GOOD, ""]],
    ["TCP over IPv4", asTcp(udp4), [GOOD, "", GOOD]],
    ["TCP over IPv6", asTcp(udp6), ["", "", GOOD]],
  ])("the VLAN tag in front of %s", async (_, spec, [ip, udp, tcp]) => {
    expect(await seen(tagged(spec, 4094), 1522, ["vlan.id", "vlan.priority"])).toEqual({
      ...alone(1522),
      "ip.checksum.status": ip,
      "udp.checksum.status": udp,
      "tcp.checksum.status": tcp,
      "vlan.id": "4094",
      "vlan.priority": "0",
    });
  });

  it("right checksums in every one of many flows", async () => {
    const fields = ["destination-address", "source-port", "destination-port"] as const;
    const spec = asTcp({ ...udp4, l4: { ...udp4.l4, destinationPort: 65000 } });
    const frames = buildTemplates(spec, flowRanges(fields, 2000), only(76));
    const seen = await dissect(
      frames.map((frame) => stamped(frame)),
      checksums,
    );
    expect(seen).toHaveLength(2000);
    const right = {
      "ip.checksum.status": GOOD,
      "udp.checksum.status": "",
      "tcp.checksum.status": GOOD,
    };
    expect(seen.filter((frame) => !isDeepStrictEqual(frame, right))).toEqual([]);
  });
});

describe("within VXLAN tshark finds", () => {
  const from4 = "192.0.2.1";
  const to4 = "192.0.2.2";
  const fields = ["vxlan.vni", "vxlan.flags", "eth.src", "ip.src", "ipv6.src", "udp.dstport"];
  const both = { "vxlan.vni": "4711", "vxlan.flags": "0x0800" };
  const macs = "02:00:00:00:00:0a,02:00:00:00:00:01";

  it("IPv4 over IPv4, 50 bytes longer than without its FCS", async () => {
    const inner = { ...udp4, ip: { ...udp4.ip, ttl: 7 } };
    const more = ["ip.len", "ip.ttl", "ip.flags.df"];
    expect(await seen(tunnelled(inner, from4, to4), 64, [...fields, ...more])).toMatchObject({
      ...both,
      ...alone(64 + 50),
      "ip.checksum.status": `${GOOD},${GOOD}`,
      "udp.checksum.status": `${NONE},${NONE}`,
      "eth.src": macs,
      "ip.src": `${from4},10.1.0.2`,
      "ip.len": "96,46",
      "ip.ttl": "64,7",
      "ip.flags.df": "1,1",
      "udp.dstport": "4789,9",
    });
  });

  it("IPv6 over IPv6, 70 bytes longer, the outer without UDP checksum", async () => {
    const spec = tunnelled(udp6, "2001:db8::1", "2001:db8::2");
    expect(await seen(spec, 84, [...fields, "udp.checksum", "ipv6.plen"])).toMatchObject({
      ...both,
      ...alone(84 + 70),
      "udp.checksum": expect.stringMatching(/^0x0000,0x(?!0000)/),
      "udp.checksum.status": expect.stringMatching(`,${GOOD}$`),
      "eth.src": macs,
      "ipv6.src": "2001:db8::1,fd00:1::2",
      "ipv6.plen": "96,26",
    });
  });

  it("a tagged TCP segment over IPv6 in a tunnel over IPv4", async () => {
    const spec = tunnelled(tagged(asTcp(udp6), 7), from4, to4, 0xffffff);
    expect(await seen(spec, 1522, [...fields, "vlan.id"])).toMatchObject({
      ...alone(1522 + 50),
      "vxlan.vni": "16777215",
      "ip.checksum.status": GOOD,
      "tcp.checksum.status": GOOD,
      "vlan.id": "7",
    });
  });
});
