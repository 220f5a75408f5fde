import type { IpamCall } from "../../cni/ipam/call.ts";
import type { Dns } from "../../cni/result.ts";
import type { VfRecord } from "../../sriov/vf/record.ts";
import type { VlanTrunk } from "../config/vlan-schema.ts";

/**
 * Everything needed to finish, undo or restore one attachment; written before the kernel changes.
 * By mode: a veth pair whose host end is a port of the ring loop, or a VF.
 */
export type AttachmentRecord = FastpathRecord | VfAttachmentRecord;

/** An IPAM plugin that gives the addresses, with the call that it was asked by. */
export interface Delegation extends IpamCall {
  /** What it says of name resolution; absent until it has given addresses. */
  dns?: Dns;
}

interface CommonRecord {
  containerId: string;
  ifname: string;
  /** Millrace network; "" for a VF that has no addresses of ours. */
  network: string;
  /** `name` of the network configuration that ADD came with; CNI GC goes by it. */
  configName?: string;
  netns: string;
  podMac: string;
  mtu: number;
  /** Absent where the network gives the addresses. */
  ipam?: Delegation;
  /** Those of an IPAM plugin are not known before it has given them. */
  addresses: AttachmentAddress[];
  routes: { dst: string; gw: string }[];
  /** RFC 3339. */
  createdAt: string;
  /** Boot id at creation: links of another boot are gone for certain. */
  bootId: string;
  /** Pod name and namespace from CNI_ARGS, for people. */
  pod: { namespace: string; name: string; uid: string } | null;
}

export interface FastpathRecord extends CommonRecord {
  mode?: undefined;
  /** Host end of the veth pair, at most 15 characters. */
  hostName: string;
  /** Of the host end itself; the gateway that pods talk to has another. */
  hostMac: string;
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
}

/** For a VF without netdev podMac is "" where nobody knows it, and mtu 0. */
export interface VfAttachmentRecord extends CommonRecord {
  mode: "vf";
  /** Pool that the VF was taken from; "" for one that no pool has. */
  pool: string;
  vf: VfRecord;
}

/** What an IPAM plugin gives to an attachment. */
export interface Addressing {
  addresses: AttachmentAddress[];
  routes: { dst: string; gw: string }[];
  dns: Dns;
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

/** Addresses of an attachment without their prefix lengths. */
export function bareAddresses({ addresses }: Pick<AttachmentRecord, "addresses">): string[] {
  return addresses.map(({ address }) => address.split("/")[0] ?? address);
}

/** Those of VFs. */
export function vfRecords(
  attachments: ReadonlyMap<string, Readonly<StoredAttachment>>,
): VfAttachmentRecord[] {
  return [...attachments.values()].flatMap(({ record }) => (record.mode === "vf" ? [record] : []));
}

/** What an attachment is known by (CNI spec 1.1.0, section 3). */
export function attachmentKey(containerId: string, ifname: string): string {
  return `${containerId}:${ifname}`;
}
