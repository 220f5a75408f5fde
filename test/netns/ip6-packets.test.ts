import { type PacketCase, packetTable } from "../fixtures/packet-table.ts";

const NO_ROUTE = { type: 1, code: 0 };
const HOP_LIMIT = { type: 3, code: 0 };
const PAYLOAD = 'Raw(b"0123456789abcdef")';

const CASES: PacketCase[] = [
  { title: "A UDP datagram", packet: `v6()/UDP(sport=7, dport=9)/${PAYLOAD}`, expect: "forwarded" },
  { title: "A TCP segment", packet: `v6(fl=77, tc=8)/TCP(flags="S")`, expect: "forwarded" },
  {
    title: "A packet with hop-by-hop options",
    packet: `v6()/IPv6ExtHdrHopByHop(options=[RouterAlert()])/UDP()/${PAYLOAD}`,
    expect: "forwarded",
  },
  {
    title: "A packet with destination options that nobody knows",
    packet: `v6()/IPv6ExtHdrDestOpt(options=[HBHOptUnknown(otype=0x3e, optdata=b"abcdef")])/UDP()/${PAYLOAD}`,
    expect: "forwarded",
  },
  {
    title: "A packet with a routing header",
    packet: `v6()/IPv6ExtHdrRouting(type=4, segleft=0, addresses=[b.ip6])/UDP()/${PAYLOAD}`,
    expect: "forwarded",
  },
  {
    title: "A packet with three kinds of extension headers",
    packet: `v6()/IPv6ExtHdrHopByHop()/IPv6ExtHdrDestOpt()/IPv6ExtHdrRouting(segleft=0)/TCP(flags="S")`,
    expect: "forwarded",
  },
  {
    title: "A first fragment",
    packet: `v6()/IPv6ExtHdrFragment(m=1, id=7)/UDP(len=64)/Raw(bytes(32))`,
    expect: "forwarded",
  },
  {
    title: "A middle fragment",
    packet: `v6()/IPv6ExtHdrFragment(m=1, offset=5, id=7, nh=17)/Raw(bytes(range(40)))`,
    expect: "forwarded",
  },
  {
    title: "A last fragment",
    packet: `v6()/IPv6ExtHdrFragment(offset=10, id=7, nh=17)/Raw(bytes(range(7)))`,
    expect: "forwarded",
  },
  { title: "A packet without a next header", packet: "v6(nh=59)", expect: "forwarded" },
  {
    title: "A packet whose extension header runs out of it",
    packet: `v6(nh=0)/Raw(b"\\x11\\xff" + bytes(6))`,
    expect: "forwarded",
  },
  {
    title: "A short packet with Ethernet padding, which goes,",
    packet: `v6()/UDP()/Raw(b"x")/Padding(bytes(6))`,
    expect: "forwarded",
  },
  {
    title: "A packet of version 4",
    packet: `v6(version=4)/UDP()/${PAYLOAD}`,
    expect: { dropped: "ip6-malformed" },
  },
  {
    title: "A packet that claims to be longer than it is",
    packet: `v6(plen=400)/UDP()/${PAYLOAD}`,
    expect: { dropped: "ip6-malformed" },
  },
  {
    title: "A packet cut off in its header",
    packet: "cut(v6(), 14 + 39)",
    expect: { dropped: "ip6-malformed" },
  },
  {
    title: "An Ethernet header without anything behind it",
    packet: "cut(v6(), 14)",
    expect: { dropped: "ip6-malformed" },
  },
  {
    title: "A packet of 1504 bytes for a pod with MTU 1500",
    packet: "v6()/UDP()/Raw(bytes(1504 - 48))",
    expect: { dropped: "mtu-exceeded", icmp: { type: 2, code: 0, mtu: 1500 } },
  },
  {
    title: "A packet with hop limit 1",
    packet: `v6(hlim=1)/UDP()/${PAYLOAD}`,
    expect: { dropped: "ttl-expired", icmp: HOP_LIMIT },
  },
  {
    title: "A packet with hop limit 0",
    packet: `v6(hlim=0)/UDP()/${PAYLOAD}`,
    expect: { dropped: "ttl-expired", icmp: HOP_LIMIT },
  },
  {
    title: "A packet to nowhere",
    packet: `v6(dst="2001:db8::9")/UDP()/${PAYLOAD}`,
    expect: { dropped: "no-route", icmp: NO_ROUTE },
  },
  {
    title: "A large packet to nowhere, quoted up to 1280 bytes,",
    packet: `v6(dst="2001:db8::9")/UDP()/Raw(bytes(1400))`,
    expect: { dropped: "no-route", icmp: NO_ROUTE },
  },
  {
    title: "An echo request to nowhere",
    packet: `v6(dst="2001:db8::9")/ICMPv6EchoRequest()`,
    expect: { dropped: "no-route", icmp: NO_ROUTE },
  },
  {
    title: "An ICMPv6 error to nowhere",
    packet: `v6(dst="2001:db8::9")/ICMPv6DestUnreach()/IPv6(src="2001:db8::9", dst=a.ip6)/UDP()`,
    expect: { dropped: "no-route" },
  },
  {
    title: "A packet to a pod of another network",
    packet: `v6(dst="fd81:2::2")/TCP(flags="S")`,
    expect: { dropped: "no-route", icmp: NO_ROUTE },
  },
  ...["::", "::1", "fe80::1"].map((address) => ({
    title: `A packet to ${address}`,
    packet: `v6(dst="${address}")/UDP()/${PAYLOAD}`,
    expect: { dropped: "ip6-martian" },
  })),
  {
    title: "A packet from a link-local address to another pod",
    packet: `v6(src="fe80::2")/UDP()/${PAYLOAD}`,
    expect: { dropped: "ip6-martian" },
  },
  {
    title: "A UDP datagram to a port of the gateway",
    packet: `v6(dst=a.gw6)/UDP(dport=53)/${PAYLOAD}`,
    expect: { dropped: "local-unhandled", icmp: { type: 1, code: 4 } },
  },
  {
    title: "A packet of an unknown protocol to the gateway",
    packet: `v6(dst=a.gw6, nh=253)/${PAYLOAD}`,
    expect: { dropped: "local-unhandled", icmp: { type: 4, code: 1 } },
  },
  {
    title: "An echo request to the gateway with a bad checksum",
    packet: `v6(dst=a.gw6)/ICMPv6EchoRequest(cksum=1)`,
    expect: { dropped: "local-malformed" },
  },
  {
    title: "An echo request to the gateway with hop limit 1",
    packet: `v6(dst=a.gw6, hlim=1)/ICMPv6EchoRequest(id=5, seq=6, data=b"0123456")`,
    expect: {
      answered: {
        "ICMPv6 Echo Reply": { type: 129, code: 0, id: 5, seq: 6, data: "30313233343536" },
        IPv6: { hlim: 64 },
      },
    },
  },
];

packetTable(CASES);
