import { expect, test } from "vitest";
import { countersOf, expectBalanced } from "../fixtures/counters.ts";
import { type Bench, expectUnharmed, sharedBench } from "../fixtures/packet-table.ts";
import type { Exchange, Frame } from "../fixtures/scapy.ts";

const TIMEOUT_MS = 60_000;
const SEED = 20_260_101;
const bench = sharedBench();

const SAMPLES = {
  "a TCP segment over IPv4": 'v4()/TCP(flags="S", options=[("MSS", 1460)])/Raw(bytes(20))',
  "a UDP datagram with IPv4 options": "v4(options=[IPOption_RR()])/UDP()/Raw(bytes(20))",
  "a TCP segment over IPv6": 'v6()/TCP(flags="S")/Raw(bytes(20))',
  "IPv6 extension headers": "v6()/IPv6ExtHdrHopByHop()/IPv6ExtHdrDestOpt()/UDP()/Raw(bytes(20))",
  "an SCTP packet": "v4()/SCTP(tag=1, chksum=0)/SCTPChunkData(data='payload')",
  "an ARP request": 'l2(dst="ff:ff:ff:ff:ff:ff")/ARP(hwsrc=a.mac, psrc=a.ip4, pdst=a.gw4)',
  "a neighbour solicitation":
    "v6(dst=a.gw6, hlim=255)/ICMPv6ND_NS(tgt=a.gw6)/ICMPv6NDOptSrcLLAddr(lladdr=a.mac)",
  "an echo request to the gateway": "v4(dst=a.gw4)/ICMP()/Raw(bytes(20))",
  "an echo request to the gateway over IPv6": "v6(dst=a.gw6)/ICMPv6EchoRequest(data=bytes(20))",
} as const;

test("500 frames of random bytes are all counted, and none of them gets anywhere", {
  timeout: TIMEOUT_MS,
}, async (context) => {
  const stage = await bench(context);
  const { b } = await flood(stage, `random_frames("bytes", ${SEED}, 500, l2(), b"")`, 500);
  expect(b).toEqual([]);
});

for (const [name, sample] of Object.entries(SAMPLES)) {
  for (const [kind, count] of [
    ["mutated", 300],
    ["cut", 60],
  ] as const) {
    test(`${count} times ${name}, ${kind} at random, are counted; what arrives is a packet for the other pod`, {
      timeout: TIMEOUT_MS,
    }, async (context) => {
      const stage = await bench(context);
      const frames = `random_frames("${kind}", ${SEED}, ${count}, l2(), ${sample})`;
      const { b } = await flood(stage, frames, count);
      for (const frame of b) expectGenuine(frame, stage);
    });
  }
}

test("After all that the agent lives and the pods still talk", {
  timeout: TIMEOUT_MS,
}, async (context) => {
  await expectUnharmed(await bench(context));
});

/** Sends frames and makes sure that each of them is counted at the port of pod a. */
async function flood({ lab, a, scapy }: Bench, frames: string, count: number): Promise<Exchange> {
  const received = async () => (await countersOf(lab, a)).counters["rx_packets"] ?? 0;
  const before = await received();
  const exchange = await scapy.exchange(frames);
  expect(exchange.sent).toHaveLength(count);
  // The kernels of the pods answer some of them: at least, not exactly.
  expect((await received()) - before).toBeGreaterThanOrEqual(count);
  await expectBalanced(lab);
  return exchange;
}

/** Sent by pod a to pod b, one hop older, with a header that scapy finds right. */
function expectGenuine(frame: Frame, { a, b }: Bench): void {
  const { Ethernet, IP, IPv6 } = frame.fields;
  expect(Ethernet).toMatchObject({ src: b.gatewayMac, dst: b.mac });
  if (IP) {
    expect(IP).toMatchObject({ src: a.ip4, dst: b.ip4, version: 4 });
    expect(frame.sums["IP"]).toBe("right");
    expect(IP["ttl"]).toBeGreaterThan(0);
  } else {
    expect(IPv6, frame.bytes).toMatchObject({ src: a.ip6, dst: b.ip6, version: 6 });
    expect(IPv6?.["hlim"]).toBeGreaterThan(0);
  }
  expect(frame.vlan).toBeNull();
}
