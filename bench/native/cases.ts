/** A hot path of the native tables or of the graph, as the programs of this directory know it. */
export interface NativeCase {
  name: string;
  /** What one operation is. */
  what: string;
}

const inBursts = "looked up in bursts of 64";

export const nativeCases: readonly NativeCase[] = [
  {
    name: "native-lpm4-1k-hit",
    what: `an IPv4 address that one of 1000 routes covers, ${inBursts}`,
  },
  { name: "native-lpm4-1k-miss", what: `an IPv4 address without a route among 1000, ${inBursts}` },
  {
    name: "native-lpm4-1M-hit",
    what: `an IPv4 address that one of 1 M routes covers, ${inBursts}`,
  },
  { name: "native-lpm4-1M-miss", what: `an IPv4 address without a route among 1 M, ${inBursts}` },
  {
    name: "native-lpm6-1k-hit",
    what: `an IPv6 address that one of 1000 routes covers, ${inBursts}`,
  },
  { name: "native-lpm6-200k-hit", what: `an IPv6 address that one of 200 k covers, ${inBursts}` },
  { name: "native-lpm4-1k-update", what: "one of 1000 IPv4 routes taken out and put back" },
  { name: "native-lpm4-1M-update", what: "one of 1 M IPv4 routes taken out and put back" },
  { name: "native-fdb-lookup-hit", what: "one of 4096 learned MAC addresses looked up" },
  { name: "native-fdb-lookup-miss", what: "an unknown MAC address looked up among 4096" },
  { name: "native-fdb-learn-known", what: "the sender of a frame, seen this second already" },
  { name: "native-fdb-learn-refresh", what: "the sender of a frame, last seen a second ago" },
  { name: "native-fdb-learn-new", what: "a new sender learned and forgotten, 4096 at a time" },
  { name: "native-adjacency-read", what: "the header of one of 4096 neighbours by its number" },
  {
    name: "native-host-find-hit",
    what: "the MAC of one of 4096 hosts that a bridge answers ARP for",
  },
  { name: "native-host-find-miss", what: "a host that the bridge does not know" },
  { name: "native-neighbour-find", what: "one of 4096 neighbours, by the control side" },
  { name: "native-neighbour-move", what: "one of 4096 neighbours gets another MAC" },
  { name: "native-next-hop-choose", what: "the one of 8 equal-cost next hops that a packet takes" },
  {
    name: "native-next-hop-distribute",
    what: "one of 8 next hops leaves its group and comes back",
  },
  { name: "native-flow-hash-ipv4", what: "the flow hash of a UDP packet over IPv4" },
  { name: "native-flow-hash-ipv6", what: "the flow hash of a UDP packet over IPv6" },
  { name: "native-checksum-64", what: "the Internet checksum of 64 bytes" },
  { name: "native-checksum-1460", what: "the Internet checksum of 1460 bytes" },
  { name: "native-checksum-ttl", what: "a hop taken off and the checksum updated" },
  { name: "native-frame-pool-take-put", what: "a frame taken from the pool and given back" },
  { name: "native-graph-ipv4", what: "a packet routed over IPv4 by the graph, in bursts of 64" },
  { name: "native-vxlan-encap", what: "a packet of a pod into a VXLAN tunnel, in bursts of 64" },
  { name: "native-vxlan-decap", what: "a packet out of a VXLAN tunnel to a pod, in bursts of 64" },
];
