import { type PacketCase, packetTable } from "../fixtures/packet-table.ts";

const NET_UNREACHABLE = { type: 3, code: 0 };
const TTL_EXPIRED = { type: 11, code: 0 };
const FRAGMENTATION_NEEDED = { type: 3, code: 4, mtu: 1500 };
const PAYLOAD = 'Raw(b"0123456789abcdef")';

const CASES: PacketCase[] = [
  {
    title: "A UDP datagram",
    packet: `v4()/UDP(sport=7, dport=9)/${PAYLOAD}`,
    expect: "forwarded",
  },
  {
    title: "A TCP segment with options",
    packet: `v4()/TCP(sport=7, dport=9, flags="S", options=[("MSS", 1460), ("WScale", 7)])`,
    expect: "forwarded",
  },
  {
    title: "A packet with record-route and timestamp options",
    packet: `v4(options=[IPOption_RR(routers=["0.0.0.0"]), IPOption(b"\\x44\\x08\\x05\\x00\\x00\\x00\\x00\\x00")])/UDP()/${PAYLOAD}`,
    expect: "forwarded",
  },
  {
    title: "A packet with the router-alert option",
    packet: `v4(options=[IPOption_Router_Alert()])/UDP()/${PAYLOAD}`,
    expect: "forwarded",
  },
  {
    title: "A packet with 40 bytes of options",
    packet: `v4(options=[IPOption_NOP()] * 40)/UDP()/${PAYLOAD}`,
    expect: "forwarded",
  },
  {
    title: "A packet with a loose source route",
    packet: `v4(options=[IPOption_LSRR(routers=[b.gw4])])/UDP()/${PAYLOAD}`,
    expect: { dropped: "ip4-source-route" },
  },
  {
    title: "A packet with a strict source route behind a no-operation",
    packet: `v4(options=[IPOption_NOP(), IPOption_SSRR(routers=[b.gw4])])/UDP()/${PAYLOAD}`,
    expect: { dropped: "ip4-source-route" },
  },
  {
    title: "A first fragment",
    packet: `v4(flags="MF", frag=0, id=77)/UDP(len=64)/Raw(bytes(32))`,
    expect: "forwarded",
  },
  {
    title: "A middle fragment",
    packet: `v4(flags="MF", frag=5, id=77, proto=17)/Raw(bytes(range(40)))`,
    expect: "forwarded",
  },
  {
    title: "A last fragment",
    packet: `v4(frag=10, id=77, proto=17)/Raw(bytes(range(7)))`,
    expect: "forwarded",
  },
  {
    title: "A fragment whose data looks like a TCP checksum to be completed",
    packet: `v4(flags="MF", frag=5, proto=6)/Raw(bytes(40))`,
    expect: "forwarded",
  },
  {
    title: "A packet with a bad header checksum",
    packet: `v4(chksum=0x1234)/UDP()/${PAYLOAD}`,
    expect: { dropped: "ip4-checksum" },
  },
  {
    title: "A packet of version 5",
    packet: `v4(version=5)/UDP()/${PAYLOAD}`,
    expect: { dropped: "ip4-malformed" },
  },
  {
    title: "A packet with a header length of 16 bytes",
    packet: `v4(ihl=4)/UDP()/${PAYLOAD}`,
    expect: { dropped: "ip4-malformed" },
  },
  {
    title: "A packet that claims to be longer than it is",
    packet: `v4(len=400)/UDP()/${PAYLOAD}`,
    expect: { dropped: "ip4-malformed" },
  },
  {
    title: "A packet that claims to be shorter than its header",
    packet: `v4(len=19)/UDP()/${PAYLOAD}`,
    expect: { dropped: "ip4-malformed" },
  },
  {
    title: "An Ethernet header without anything behind it",
    packet: `cut(v4(), 14)`,
    expect: { dropped: "ip4-malformed" },
  },
  {
    title: "A packet cut off in its header",
    packet: `cut(v4(), 33)`,
    expect: { dropped: "ip4-malformed" },
  },
  {
    title: "A header without payload",
    packet: `v4(proto=253)`,
    expect: "forwarded",
  },
  {
    title: "A short packet with Ethernet padding, which goes,",
    packet: `v4()/UDP()/Raw(b"x")/Padding(bytes(17))`,
    expect: "forwarded",
  },
  {
    title: "A packet of 1504 bytes for a pod with MTU 1500",
    packet: `v4(flags="DF")/UDP()/Raw(bytes(1504 - 28))`,
    expect: { dropped: "mtu-exceeded", icmp: FRAGMENTATION_NEEDED },
  },
  {
    title: "A packet with TTL 1",
    packet: `v4(ttl=1)/UDP()/${PAYLOAD}`,
    expect: { dropped: "ttl-expired", icmp: TTL_EXPIRED },
  },
  {
    title: "A packet with TTL 0",
    packet: `v4(ttl=0)/UDP()/${PAYLOAD}`,
    expect: { dropped: "ttl-expired", icmp: TTL_EXPIRED },
  },
  {
    title: "A packet to nowhere",
    packet: `v4(dst="192.0.2.9")/UDP()/${PAYLOAD}`,
    expect: { dropped: "no-route", icmp: NET_UNREACHABLE },
  },
  {
    title: "An echo request to nowhere",
    packet: `v4(dst="192.0.2.9")/ICMP()/${PAYLOAD}`,
    expect: { dropped: "no-route", icmp: NET_UNREACHABLE },
  },
  {
    title: "An ICMP error to nowhere",
    packet: `v4(dst="192.0.2.9")/ICMP(type=3, code=1)/IPerror(src="192.0.2.9", dst=a.ip4)/UDPerror()`,
    expect: { dropped: "no-route" },
  },
  {
    title: "A later fragment to nowhere",
    packet: `v4(dst="192.0.2.9", frag=3, proto=17)/Raw(bytes(16))`,
    expect: { dropped: "no-route" },
  },
  {
    title: "A first fragment to nowhere",
    packet: `v4(dst="192.0.2.9", flags="MF")/UDP(len=64)/Raw(bytes(32))`,
    expect: { dropped: "no-route", icmp: NET_UNREACHABLE },
  },
  {
    title: "A packet to a pod of another network",
    packet: `v4(dst="10.81.2.2")/TCP(flags="S")`,
    expect: { dropped: "no-route", icmp: NET_UNREACHABLE },
  },
  {
    title: "A packet to the broadcast address of the prefix",
    packet: `v4(dst="10.81.1.255")/UDP()/${PAYLOAD}`,
    expect: { dropped: "no-route", icmp: NET_UNREACHABLE },
  },
  ...["0.1.2.3", "127.0.0.1", "169.254.1.1", "240.0.0.1", "255.255.255.255"].map((address) => ({
    title: `A packet to ${address}`,
    packet: `v4(dst="${address}")/UDP()/${PAYLOAD}`,
    expect: { dropped: "ip4-martian" },
  })),
  {
    title: "A UDP datagram to a port of the gateway",
    packet: `v4(dst=a.gw4)/UDP(dport=53)/${PAYLOAD}`,
    expect: { dropped: "local-unhandled", icmp: { type: 3, code: 3 } },
  },
  {
    title: "A packet of an unknown protocol to the gateway",
    packet: `v4(dst=a.gw4, proto=253)/${PAYLOAD}`,
    expect: { dropped: "local-unhandled", icmp: { type: 3, code: 2 } },
  },
  {
    title: "A fragment to the gateway",
    packet: `v4(dst=a.gw4, flags="MF")/ICMP()/${PAYLOAD}`,
    expect: { dropped: "local-unhandled" },
  },
  {
    title: "An echo request to the gateway with a bad checksum",
    packet: `v4(dst=a.gw4)/ICMP(chksum=1)/${PAYLOAD}`,
    expect: { dropped: "local-malformed" },
  },
  {
    title: "A timestamp request to the gateway",
    packet: `v4(dst=a.gw4)/ICMP(type=13)`,
    expect: { dropped: "local-unhandled" },
  },
  {
    title: "An echo request to the gateway with TTL 1 and options",
    packet: `v4(dst=a.gw4, ttl=1, options=[IPOption_NOP()] * 4)/ICMP(id=5, seq=6)/${PAYLOAD}`,
    expect: { answered: { ICMP: { type: 0, code: 0, id: 5, seq: 6 }, IP: { ttl: 64, ihl: 6 } } },
  },
];

packetTable(CASES);
