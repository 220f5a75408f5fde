import { addBridge, type OpenVswitch } from "../../test/fixtures/vxlan-openvswitch-process.ts";
import type { Namespace } from "../../test/harness/namespace.ts";
import { testPrefix } from "../traffic/load.ts";
import { bare, inside, outside, receiver, sender } from "./topology.ts";
import { vni } from "./tunnel.ts";

interface End {
  ifname: string;
  mac: string;
  address: string;
}

const port = (bridge: string, { ifname }: End) => [
  ...["add-port", bridge, ifname, "--", "set", "interface", ifname, "type=afxdp"],
];

/** One bridge with both interfaces, which switches, or routes what is for the test prefix. */
export async function connectPorts(
  { configure, control }: OpenVswitch,
  task: "route" | "bridge",
): Promise<void> {
  const bridge = "br-int";
  await configure(addBridge(bridge), port(bridge, inside), port(bridge, outside));
  if (task === "bridge") {
    for (const [{ ifname }, { mac }] of [
      [inside, sender],
      [outside, receiver],
    ] as const) {
      await control("ovs-appctl", ["fdb/add", bridge, ifname, "0", mac]);
    }
    return;
  }
  const match = `in_port=${inside.ifname},ip,nw_dst=${testPrefix}`;
  const macs = `mod_dl_src:${outside.mac},mod_dl_dst:${receiver.mac}`;
  const flow = `${match},actions=${macs},dec_ttl,output:${outside.ifname}`;
  await control("ovs-ofctl", ["add-flow", bridge, flow]);
}

/** br-phy holds the uplink and its address, as tunnels of this datapath want it. */
export async function connectTunnel(
  { configure, control }: OpenVswitch,
  dut: Namespace,
  task: "vxlan-encap" | "vxlan-decap",
): Promise<void> {
  const into = task === "vxlan-encap";
  const [pod, uplink, far] = into ? [inside, outside, receiver] : [outside, inside, sender];
  const remote = [`options:remote_ip=${bare(far.address)}`, `options:key=${vni}`];
  await configure(addBridge("br-phy"), port("br-phy", uplink));
  await configure(["set", "bridge", "br-phy", `other-config:hwaddr=${uplink.mac}`]);
  await dut.must("ip", ["address", "add", uplink.address, "dev", "br-phy"]);
  await dut.must("ip", ["link", "set", "br-phy", "up"]);
  await configure(addBridge("br-int"), port("br-int", pod), [
    ...["add-port", "br-int", "vx0", "--", "set", "interface", "vx0", "type=vxlan", ...remote],
  ]);
  await control("ovs-appctl", ["tnl/neigh/set", "br-phy", bare(far.address), far.mac]);
  const [from, to] = into ? [pod.ifname, "vx0"] : ["vx0", pod.ifname];
  await control("ovs-ofctl", ["add-flow", "br-int", `in_port=${from},actions=output:${to}`]);
}
