import type { VfAttachRequest } from "../../cni/attacher.ts";
import { CNI_ERROR, CniError } from "../../cni/errors.ts";
import { requireMacUnclaimed } from "../../sriov/vf/mac-conflict.ts";
import type { VfParts } from "../../sriov/vf/parts.ts";
import { planVf } from "../../sriov/vf/plan.ts";
import type { VfRecord } from "../../sriov/vf/record.ts";
import type { Network } from "../networks/network.ts";
import { podRoutes } from "../networks/network.ts";
import type { AttachmentAddress, VfAttachmentRecord } from "../store/records.ts";
import { attachmentKey, vfRecords } from "../store/records.ts";
import type { Parts } from "./parts.ts";
import { addressesOf } from "./plan.ts";
import type { VfTaken } from "./vfs.ts";

export interface VfChoice {
  /** That gives the addresses; null for none. */
  network: Network | null;
  request: VfAttachRequest;
  taken: VfTaken;
}

/**
 * Chooses everything that an attachment of a VF will have. Changes nothing but the record it
 * resolves to, which must be in the journal before the event loop turns: until then its addresses
 * and its MAC are not taken.
 * @throws VfError for what the VF cannot be; IpamError for addresses
 */
export async function planVfAttachment(
  parts: Parts,
  life: VfParts,
  { network, request, taken }: VfChoice,
): Promise<VfAttachmentRecord> {
  const { containerId, ifname, netns, configName, pod, knobs } = request;
  const { bootId } = parts.vfs;
  const { pool, generation, ...device } = taken;
  const owner = attachmentKey(containerId, ifname);
  const vf = await planVf(life, { vf: device, owner, generation, bootId, netns, ifname, knobs });
  const attached = vfRecords(parts.journal.attachments).map((record) => record.vf);
  requireMacUnclaimed(vf, attached);
  return {
    ...{ mode: "vf", containerId, ifname, configName, netns, pod, pool, vf, bootId },
    ...addressing(parts, network, request),
    podMac: macOf(vf),
    mtu: knobs.mtu ?? vf.netdev?.mtu ?? 0,
    createdAt: new Date().toISOString(),
  };
}

function addressing({ ipam }: Parts, network: Network | null, request: VfAttachRequest) {
  const { ipam: plugin, ips = [] } = request;
  if (network === null) {
    const none = { network: "", addresses: [] as AttachmentAddress[], routes: [] };
    return plugin ? { ...none, ipam: plugin } : none;
  }
  const addresses = ipam.reserve(network, ips);
  return {
    network: network.name,
    addresses,
    routes: podRoutes(network, addressesOf({ addresses })),
  };
}

function macOf({ knobs, netdev, settings }: VfRecord): string {
  return knobs.mac ?? netdev?.mac ?? settings?.mac ?? "";
}

/**
 * The network that gives a VF its addresses. Frames of a VF do not pass through the ring loop, so
 * the network must be a segment that the NIC is in.
 * @throws CniError 7
 */
export function networkOfVf({ networks }: Parts, name: string): Network | null {
  if (name === "") return null;
  const network = networks.get(name);
  const refuse = (reason: string, accepted: string) =>
    new CniError(CNI_ERROR.invalidConfig, `network = ${name} ${reason}`, `accepted: ${accepted}`);
  if (!network) {
    const known = [...networks.values()].filter(givesToVfs).map((one) => one.name);
    const all = known.join(", ") || "none is configured";
    throw refuse("is not in the agent's configuration", `bridged networks without VNI: ${all}`);
  }
  if (givesToVfs(network)) return network;
  const is = network.kind === "bridged" ? "has a VNI" : "is routed";
  throw refuse(`${is}, and a VF is no port of it`, "a bridged network without VNI, or none");
}

const givesToVfs = ({ kind, overlay }: Network): boolean => kind === "bridged" && !overlay;
