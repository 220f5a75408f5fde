import type { PortWishes } from "../../cni/attacher.ts";
import { CNI_ERROR, CniError } from "../../cni/errors.ts";
import type { PortOptions } from "../dataplane/native.ts";
import type { Network } from "../networks/network.ts";
import { portVlans, vlanProblem } from "../networks/vlans.ts";

const NETCONF_KEY = { vlan: "vlan", vlanTrunk: "vlanTrunk", spoofCheck: "spoofchk" } as const;

/**
 * What an attachment asked for of its port.
 * @throws CniError 7 for what its network does not have
 */
export function choosePort(network: Network, wishes: PortWishes): PortWishes {
  for (const [wish, key] of Object.entries(NETCONF_KEY)) {
    const value = wishes[wish as keyof typeof NETCONF_KEY];
    if (value === undefined || network.kind === "bridged") continue;
    throw refuse(network, key, shown(wish, value), {
      reason: "the network is routed, its pods share no Ethernet segment",
      accepted: "this key for a network of kind bridged",
    });
  }
  refuseVlans(network, wishes);
  const problem = vlanProblem(wishes);
  if (problem) throw refuse(network, problem.key, wishes[problem.key], problem);
  return wishes;
}

/** Frames of VLANs cannot be told apart on other nodes (RFC 7348 6.1). */
function refuseVlans(network: Network, { vlan, vlanTrunk }: PortWishes): void {
  if (!network.overlay) return;
  const reason = `the network has the VNI ${network.overlay.vni}, and a VNI has no VLANs`;
  const accepted = "no VLAN in a network with a VNI; a network of its own for each segment";
  if (vlan) throw refuse(network, NETCONF_KEY.vlan, vlan, { reason, accepted });
  if (vlanTrunk) throw refuse(network, NETCONF_KEY.vlanTrunk, vlanTrunk, { reason, accepted });
}

/**
 * The options of a pod's port that its kind of network decides.
 * @throws CniError 7 for a VLAN that was had before the network got a VNI
 */
export function podPort(
  network: Network,
  wishes: PortWishes,
): Pick<PortOptions, "vlan" | "spoofCheck" | "macLimit" | "flowLane" | "transmit"> {
  refuseVlans(network, wishes);
  const { bridge, flowLane, transmit } = network;
  const common = { flowLane, transmit };
  if (!bridge) return { vlan: null, spoofCheck: false, macLimit: 0, ...common };
  const spoofCheck = wishes.spoofCheck ?? bridge.spoofCheck;
  return { vlan: portVlans(wishes), spoofCheck, macLimit: bridge.macLimit, ...common };
}

const shown = (wish: string, value: unknown): unknown =>
  wish === "spoofCheck" ? (value ? "on" : "off") : value;

function refuse(
  { name }: Network,
  key: string,
  value: unknown,
  { reason, accepted }: { reason: string; accepted: string },
): CniError {
  const msg = `${key} = ${JSON.stringify(value)} cannot be had in network ${name}: ${reason}`;
  return new CniError(CNI_ERROR.invalidConfig, msg, `accepted: ${accepted}`);
}
