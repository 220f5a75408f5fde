import { dutCpu, testPrefix } from "../traffic/load.ts";
import type { Task } from "./dut.ts";
import { bare, inside, outside, receiver, sender, underlayMtu } from "./topology.ts";
import { farRouter, vni } from "./tunnel.ts";

const [in0, out0] = ["p-in", "p-out"];

/** Commands of grcli, in order. */
export function configuration(task: Task): string[] {
  switch (task) {
    case "route":
      return [
        ...ports({}),
        `address add ${inside.address} iface ${in0}`,
        ...reach(outside, out0, receiver),
        `route add ${testPrefix} via ${bare(receiver.address)}`,
      ];
    case "bridge":
      return [
        addBridge,
        ...ports({ bridged: [in0, out0] }),
        `fdb add ${sender.mac} iface ${in0}`,
        `fdb add ${receiver.mac} iface ${out0}`,
      ];
    case "vxlan-encap":
      return [
        addBridge,
        ...ports({ bridged: [in0], underlay: out0 }),
        ...reach(outside, out0, receiver),
        addVxlan(outside),
        `fdb add ${farRouter.mac} iface vx0 vtep ${bare(receiver.address)}`,
      ];
    case "vxlan-decap":
      return [
        addBridge,
        ...ports({ bridged: [out0], underlay: in0 }),
        ...reach(inside, in0, sender),
        addVxlan(inside),
        `fdb add ${receiver.mac} iface ${out0}`,
      ];
  }
}

const addBridge = "interface add bridge br0 learn off flood off up";

const addVxlan = ({ address }: { address: string }) =>
  `interface add vxlan vx0 vni ${vni} local ${bare(address)} learn off domain br0 up`;

/** What some of the ports are for. */
interface Roles {
  /** Members of the bridge. */
  bridged?: readonly string[];
  /** The one that tunnels pass. */
  underlay?: string;
}

/** Both interfaces, on one worker. */
function ports({ bridged = [], underlay }: Roles): string[] {
  return [
    { name: in0, ifname: inside.ifname },
    { name: out0, ifname: outside.ifname },
  ].flatMap(({ name, ifname }, index) => {
    const domain = bridged.includes(name) ? " domain br0" : "";
    // Else it cuts what it has put into the tunnel into fragments.
    const mtu = name === underlay ? ` mtu ${underlayMtu}` : "";
    // The kernel has no busy polling for a veth: with a budget for it, packets come slower.
    const device = `net_af_xdp${index},iface=${ifname},busy_budget=0`;
    return [
      `interface add port ${name} devargs ${device} rxqs 1${mtu}${domain} up`,
      `affinity qmap set ${name} rxq 0 cpu ${dutCpu}`,
    ];
  });
}

interface Station {
  mac: string;
  address: string;
}

/** An address of our own, and a neighbour that need not be asked. */
function reach({ address }: Station, iface: string, far: Station): string[] {
  return [
    `address add ${address} iface ${iface}`,
    `nexthop add l3 iface ${iface} address ${bare(far.address)} mac ${far.mac}`,
  ];
}
