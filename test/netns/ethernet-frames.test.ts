import { type PacketCase, packetTable } from "../fixtures/packet-table.ts";

const PAYLOAD = 'Raw(b"0123456789abcdef")';
const inside = (l2: string, rest: string) => `${l2}/${rest}`;
const IP4 = `IP(src=a.ip4, dst=b.ip4)/UDP()/${PAYLOAD}`;
const IP6 = `IPv6(src=a.ip6, dst=b.ip6)/UDP()/${PAYLOAD}`;

const ETHERTYPES = [
  ["of length 46 as IEEE 802.3 has it", "0x002e"],
  ["of MPLS", "0x8847"],
  ["of PPPoE", "0x8864"],
  ["of LLDP", "0x88cc"],
  ["of EtherCAT", "0x88a4"],
  ["of the local experiment", "0x88b5"],
  ["of no type", "0x0000"],
  ["of type ffff", "0xffff"],
] as const;

const CASES: PacketCase[] = [
  {
    title: "A frame for another MAC",
    packet: inside('l2(dst="02:00:00:00:00:99")', IP4),
    expect: { dropped: "not-for-us" },
  },
  {
    title: "A frame for the host end of the veth, which is the node's kernel,",
    packet: inside("l2(dst=a.host)", IP4),
    expect: { dropped: "not-for-us" },
  },
  {
    title: "A frame for the other pod's own MAC",
    packet: inside("l2(dst=b.mac)", IP4),
    expect: { dropped: "not-for-us" },
  },
  {
    title: "An IPv4 packet in a broadcast frame",
    packet: inside('l2(dst="ff:ff:ff:ff:ff:ff")', IP4),
    expect: { dropped: "multicast" },
  },
  {
    title: "A DHCP request",
    packet: `l2(dst="ff:ff:ff:ff:ff:ff")/IP(src="0.0.0.0", dst="255.255.255.255")/UDP(sport=68, dport=67)/BOOTP()/DHCP(options=[("message-type", "discover"), "end"])`,
    expect: { dropped: "multicast" },
  },
  {
    title: "An IPv4 multicast packet",
    packet: `l2(dst="01:00:5e:00:00:fb")/IP(src=a.ip4, dst="224.0.0.251")/UDP(dport=5353)/${PAYLOAD}`,
    expect: { dropped: "multicast" },
  },
  {
    title: "An IPv4 multicast packet in a unicast frame",
    packet: `v4(dst="239.1.2.3")/UDP()/${PAYLOAD}`,
    expect: { dropped: "multicast" },
  },
  {
    title: "An IGMP report",
    packet: `l2(dst="01:00:5e:01:02:03")/IP(src=a.ip4, dst="239.1.2.3", ttl=1)/IGMP(type=0x16, gaddr="239.1.2.3")`,
    expect: { dropped: "multicast" },
  },
  {
    title: "An IPv6 multicast packet",
    packet: `l2(dst="33:33:00:00:00:fb")/IPv6(src=a.ip6, dst="ff02::fb")/UDP(dport=5353)/${PAYLOAD}`,
    expect: { dropped: "multicast" },
  },
  {
    title: "An IPv6 multicast packet of the whole site in a unicast frame",
    packet: `v6(dst="ff05::1")/UDP()/${PAYLOAD}`,
    expect: { dropped: "multicast" },
  },
  {
    title: "A frame with an 802.1Q tag",
    packet: inside("l2()/Dot1Q(vlan=5)", IP4),
    expect: { dropped: "vlan-unexpected" },
  },
  {
    title: "A frame with a priority tag",
    packet: inside("l2()/Dot1Q(vlan=0, prio=5)", IP6),
    expect: { dropped: "vlan-unexpected" },
  },
  {
    title: "A frame with an 802.1ad tag",
    packet: inside("l2()/Dot1AD(vlan=5)", IP4),
    expect: { dropped: "vlan-unexpected" },
  },
  {
    title: "A frame with two tags",
    packet: inside("l2()/Dot1AD(vlan=5)/Dot1Q(vlan=6)", IP4),
    expect: { dropped: "vlan-unexpected" },
  },
  {
    title: "A frame that ends behind its tag",
    packet: "cut(l2()/Dot1Q(vlan=5), 18)",
    expect: { dropped: "vlan-unexpected" },
  },
  ...ETHERTYPES.map(([name, type]) => ({
    title: `A frame ${name}`,
    packet: inside(`l2(type=${type})`, `Raw(bytes(46))`),
    expect: { dropped: "ethertype-unknown" },
  })),
  {
    title: "A spanning-tree frame",
    packet: `Dot3(src=a.mac, dst="01:80:c2:00:00:00")/LLC()/STP()`,
    expect: { dropped: "ethertype-unknown" },
  },
];

packetTable(CASES);
