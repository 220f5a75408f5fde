import { GATEWAY_MAC, type PacketCase, packetTable } from "../fixtures/packet-table.ts";

const BROADCAST = 'l2(dst="ff:ff:ff:ff:ff:ff")';
const arp = (fields = "") =>
  `${BROADCAST}/ARP(**{"hwsrc": a.mac, "psrc": a.ip4, "pdst": a.gw4, ${fields}})`;
const ARP_REPLY = {
  answered: {
    Ethernet: { type: 0x806 },
    ARP: {
      op: 2,
      hwtype: 1,
      ptype: 0x800,
      hwlen: 6,
      plen: 4,
      psrc: "10.81.1.1",
      hwsrc: GATEWAY_MAC,
    },
  },
};

/** Solicited-node multicast address of the gateway, RFC 4291 2.7.1, and the MAC that goes with it. */
const nd = (message: string, ip = "") =>
  `l2(dst=group_mac(a.gw6))/IPv6(**{"src": a.ip6, "dst": group(a.gw6), "hlim": 255, ${ip}})/${message}`;
const SOURCE_MAC = "ICMPv6NDOptSrcLLAddr(lladdr=a.mac)";
const SOLICITATION = `ICMPv6ND_NS(tgt=a.gw6)/${SOURCE_MAC}`;
const ADVERTISED = (solicited: 0 | 1, to: Record<string, string> = {}) => ({
  answered: {
    IPv6: { src: "fd81:1::1", hlim: 255, ...to },
    "ICMPv6 Neighbor Discovery - Neighbor Advertisement": {
      R: 1,
      S: solicited,
      O: 1,
      res: 0,
      tgt: "fd81:1::1",
    },
    "ICMPv6 Neighbor Discovery Option - Destination Link-Layer Address": {
      type: 2,
      len: 1,
      lladdr: GATEWAY_MAC,
    },
  },
});
const MALFORMED = { dropped: "nd-malformed" };
const IGNORED = { dropped: "nd-ignored" };

const CASES: PacketCase[] = [
  { title: "An ARP request for the gateway", packet: arp(), expect: ARP_REPLY },
  {
    title: "An ARP request with Ethernet padding",
    packet: `${arp()}/Padding(bytes(18))`,
    expect: ARP_REPLY,
  },
  {
    title: "A unicast ARP request",
    packet: "l2()/ARP(hwsrc=a.mac, psrc=a.ip4, pdst=a.gw4)",
    expect: ARP_REPLY,
  },
  {
    title: "An ARP probe for the gateway's address",
    packet: arp('"psrc": "0.0.0.0"'),
    expect: ARP_REPLY,
  },
  {
    title: "An ARP request for another pod",
    packet: arp('"pdst": b.ip4'),
    expect: { dropped: "arp-ignored" },
  },
  {
    title: "A gratuitous ARP announcement",
    packet: arp('"pdst": a.ip4'),
    expect: { dropped: "arp-ignored" },
  },
  {
    title: "An ARP reply that nobody asked for",
    packet: arp('"op": 2, "hwdst": b.mac'),
    expect: { dropped: "arp-ignored" },
  },
  {
    title: "An ARP request whose sender is not the frame's",
    packet: arp('"hwsrc": b.mac'),
    expect: { dropped: "arp-malformed" },
  },
  {
    title: "An ARP request for hardware that is no Ethernet",
    packet: `patch(${arp()}, 14, "0006")`,
    expect: { dropped: "arp-malformed" },
  },
  {
    title: "An ARP request for a protocol that is no IPv4",
    packet: `patch(${arp()}, 16, "86dd")`,
    expect: { dropped: "arp-malformed" },
  },
  {
    title: "An ARP request with hardware addresses of 8 bytes",
    packet: `patch(${arp()}, 18, "08")`,
    expect: { dropped: "arp-malformed" },
  },
  {
    title: "An ARP request with protocol addresses of 16 bytes",
    packet: `patch(${arp()}, 19, "10")`,
    expect: { dropped: "arp-malformed" },
  },
  {
    title: "An ARP request cut off",
    packet: `cut(${arp()}, 41)`,
    expect: { dropped: "arp-malformed" },
  },
  {
    title: "A neighbour solicitation for the gateway",
    packet: nd(SOLICITATION),
    expect: ADVERTISED(1, { dst: "fd81:1::2" }),
  },
  {
    title: "A unicast neighbour solicitation",
    packet: `v6(dst=a.gw6, hlim=255)/${SOLICITATION}`,
    expect: ADVERTISED(1, { dst: "fd81:1::2" }),
  },
  {
    title: "A neighbour solicitation from a link-local address",
    packet: nd(SOLICITATION, '"src": "fe80::2"'),
    expect: ADVERTISED(1, { dst: "fe80::2" }),
  },
  {
    title: "A neighbour solicitation that detects duplicates",
    packet: nd("ICMPv6ND_NS(tgt=a.gw6)", '"src": "::"'),
    expect: ADVERTISED(0, { dst: "ff02::1" }),
  },
  {
    title: "A neighbour solicitation with options that nobody knows",
    packet: nd(`${SOLICITATION}/ICMPv6NDOptUnknown(type=200, len=2, data=bytes(14))`),
    expect: ADVERTISED(1),
  },
  {
    title: "A neighbour solicitation with hop limit 254",
    packet: nd(SOLICITATION, '"hlim": 254'),
    expect: MALFORMED,
  },
  {
    title: "A neighbour solicitation with a bad checksum",
    packet: nd(`ICMPv6ND_NS(tgt=a.gw6, cksum=1)/${SOURCE_MAC}`),
    expect: MALFORMED,
  },
  {
    title: "A neighbour solicitation with code 1",
    packet: nd(`ICMPv6ND_NS(tgt=a.gw6, code=1)/${SOURCE_MAC}`),
    expect: MALFORMED,
  },
  {
    title: "A neighbour solicitation with an option of length 0",
    packet: nd(`ICMPv6ND_NS(tgt=a.gw6)/Raw(bytes([1, 0]) + bytes(6))`),
    expect: MALFORMED,
  },
  {
    title: "A neighbour solicitation whose option runs out of it",
    packet: nd(`ICMPv6ND_NS(tgt=a.gw6)/Raw(bytes([1, 2]) + bytes(6))`),
    expect: MALFORMED,
  },
  {
    title: "A neighbour solicitation without a target",
    packet: nd(`ICMPv6Unknown(type=135)/Raw(bytes(4))`),
    expect: MALFORMED,
  },
  {
    title: "A neighbour solicitation from nobody with a link-layer address",
    packet: nd(SOLICITATION, '"src": "::"'),
    expect: MALFORMED,
  },
  {
    title: "A neighbour solicitation from nobody that is no multicast",
    packet: nd("ICMPv6ND_NS(tgt=a.gw6)", '"src": "::", "dst": a.gw6'),
    expect: MALFORMED,
  },
  {
    title: "A neighbour solicitation for another pod",
    packet: nd(`ICMPv6ND_NS(tgt=b.ip6)/${SOURCE_MAC}`),
    expect: IGNORED,
  },
  {
    title: "A router solicitation",
    packet: nd("ICMPv6ND_RS()", '"dst": "ff02::2"'),
    expect: IGNORED,
  },
  {
    title: "A router advertisement from a pod",
    packet: nd("ICMPv6ND_RA()", '"src": "fe80::2", "dst": "ff02::1"'),
    expect: IGNORED,
  },
  {
    title: "A neighbour advertisement for another pod's address",
    packet: nd("ICMPv6ND_NA(tgt=b.ip6, R=0, S=0, O=1)", '"dst": "ff02::1"'),
    expect: IGNORED,
  },
  {
    title: "A redirect sent to another pod",
    packet: "v6(hlim=255)/ICMPv6ND_Redirect(tgt=a.ip6, dst='2001:db8::1')",
    expect: IGNORED,
  },
];

packetTable(CASES);
