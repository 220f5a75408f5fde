import type { VlanTrunk } from "../config/vlan-schema.ts";

/** Everything needed to finish, undo or restore one attachment; written before the kernel changes. */
export interface AttachmentRecord {
  containerId: string;
  ifname: string;
  network: string;
  /** `name` of the network configuration that ADD came with; CNI GC goes by it. */
  configName?: string;
  netns: string;
  /** Host end of the veth pair, at most 15 characters. */
  hostName: string;
  /** Of the host end itself; the gateway that pods talk to has another. */
  hostMac: string;
  podMac: string;
  mtu: number;
  addresses: AttachmentAddress[];
  routes: { dst: string; gw: string }[];
  /** Kind of the network when the pod was attached; absent for a routed one. */
  networkKind?: "bridged";
  /** Queues of the veth pair, each way; 1 when absent. */
  queues?: number;
  /** What a pod of a bridged network asked for; absent where it did not. */
  vlan?: number;
  vlanTrunk?: VlanTrunk;
  spoofCheck?: boolean;
  /** Written to ifalias: millrace:<containerId>:<ifname>. */
  alias: string;
  /** RFC 3339. */
  createdAt: string;
  /** Boot id at creation: links of another boot are gone for certain. */
  bootId: string;
  /** Pod name and namespace from CNI_ARGS, for people. */
  pod: { namespace: string; name: string; uid: string } | null;
}

export interface AttachmentAddress {
  /** CIDR: /32 or /128, in a bridged network with the length of the subnet. */
  address: string;
  /** "" when there is none. */
  gateway: string;
}

/** intent: being added; attached: committed; removing: DEL began. */
export type AttachmentState = "intent" | "attached" | "removing";

export interface StoredAttachment {
  state: AttachmentState;
  /** Names of the steps done, in order. */
  steps: string[];
  record: AttachmentRecord;
}

/** What an attachment is known by (CNI spec 1.1.0, section 3). */
export function attachmentKey(containerId: string, ifname: string): string {
  return `${containerId}:${ifname}`;
}
