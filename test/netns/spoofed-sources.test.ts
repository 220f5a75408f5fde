import { type PacketCase, packetTable } from "../fixtures/packet-table.ts";

const PAYLOAD = 'Raw(b"0123456789abcdef")';
const SOURCE_ADDRESS = { dropped: "source-address" };
const SOURCE_MAC = { dropped: "source-mac" };

const CASES: PacketCase[] = [
  ...[
    ["another pod's MAC", "b.mac"],
    ["the gateway's MAC", "a.gw"],
    ["a MAC that nobody has", '"02:00:00:00:00:77"'],
    ["a broadcast MAC", '"ff:ff:ff:ff:ff:ff"'],
  ].flatMap(([name, mac]) => [
    {
      title: `An IPv4 packet from ${name}`,
      packet: `l2(src=${mac})/IP(src=a.ip4, dst=b.ip4)/UDP()/${PAYLOAD}`,
      expect: SOURCE_MAC,
    },
    {
      title: `An IPv6 packet from ${name}`,
      packet: `l2(src=${mac})/IPv6(src=a.ip6, dst=b.ip6)/UDP()/${PAYLOAD}`,
      expect: SOURCE_MAC,
    },
    {
      title: `An ARP request from ${name}`,
      packet: `l2(src=${mac}, dst="ff:ff:ff:ff:ff:ff")/ARP(hwsrc=${mac}, psrc=a.ip4, pdst=a.gw4)`,
      expect: SOURCE_MAC,
    },
  ]),
  ...[
    ["the address of the pod it is for", "b.ip4"],
    ["the gateway's address", "a.gw4"],
    ["an address of its network that nobody has", '"10.81.1.200"'],
    ["a pod of another network", '"10.81.2.2"'],
    ["the outside", '"192.0.2.1"'],
    ["no address", '"0.0.0.0"'],
    ["loopback", '"127.0.0.1"'],
    ["broadcast", '"255.255.255.255"'],
    ["a group", '"224.0.0.1"'],
  ].map(([name, source]) => ({
    title: `An IPv4 packet from ${name}`,
    packet: `v4(src=${source})/UDP()/${PAYLOAD}`,
    expect: SOURCE_ADDRESS,
  })),
  ...[
    ["the address of the pod it is for", "b.ip6"],
    ["the gateway's address", "a.gw6"],
    ["an address of its network that nobody has", '"fd81:1::200"'],
    ["a pod of another network", '"fd81:2::2"'],
    ["the outside", '"2001:db8::1"'],
    ["no address", '"::"'],
    ["loopback", '"::1"'],
    ["a group", '"ff02::1"'],
    ["its IPv4 address, mapped,", '"::ffff:10.81.1.2"'],
  ].map(([name, source]) => ({
    title: `An IPv6 packet from ${name}`,
    packet: `v6(src=${source})/UDP()/${PAYLOAD}`,
    expect: SOURCE_ADDRESS,
  })),
  {
    title: "An echo request to the gateway from another pod's address",
    packet: "v4(src=b.ip4, dst=a.gw4)/ICMP()",
    expect: SOURCE_ADDRESS,
  },
  {
    title: "A packet with TTL 1 from another pod's address, which an answer would reach,",
    packet: `v4(src=b.ip4, dst="192.0.2.1", ttl=1)/UDP()/${PAYLOAD}`,
    expect: SOURCE_ADDRESS,
  },
  {
    title: "An ARP request from another pod's address",
    packet: `l2(dst="ff:ff:ff:ff:ff:ff")/ARP(hwsrc=a.mac, psrc=b.ip4, pdst=a.gw4)`,
    expect: SOURCE_ADDRESS,
  },
  {
    title: "A neighbour solicitation from another pod's address",
    packet: `l2()/IPv6(src=b.ip6, dst=a.gw6, hlim=255)/ICMPv6ND_NS(tgt=a.gw6)/ICMPv6NDOptSrcLLAddr(lladdr=a.mac)`,
    expect: SOURCE_ADDRESS,
  },
];

packetTable(CASES);
