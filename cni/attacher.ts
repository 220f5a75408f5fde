import type { FastpathRecord, VfAttachmentRecord } from "../src/store/records.ts";
import type { Bdf } from "../sriov/types.ts";
import type { VfKnobs } from "../sriov/vf/knobs.ts";
import type { IpamCall } from "./ipam/call.ts";
import type { CniResult } from "./result.ts";

/**
 * What the verbs need of the agent. An attachment is known by containerID and interface name
 * alone (CNI spec 1.1.0, section 3).
 */
export interface Attacher {
  /** Mode fastpath. @throws CniError; nothing is left behind then. */
  attach(request: AttachRequest): Promise<Attachment>;
  /** Mode vf. @throws CniError; the VF is as it was then. */
  attachVf(request: VfAttachRequest): Promise<VfAttachment>;
  /**
   * Idempotent: what is gone, or was never there, is no error.
   * @param ipam of the call's configuration
   */
  detach(containerId: string, ifname: string, ipam?: IpamRelease): Promise<void>;
  /** Changes nothing. Resolves to the differences in words, [] when all is as expected. */
  check(request: CheckRequest): Promise<string[]>;
  /**
   * Detaches what was attached by the network configuration `configName` and is not in `valid`.
   * Configurations with other names may use the same Millrace network: theirs stay.
   */
  collect(configName: string, valid: AttachmentId[]): Promise<void>;
  /**
   * Whether ADD would work now, and why not.
   * @param network "" where none is needed
   * @param pool of VFs that pods get one of; "" where they bring one or need none
   */
  status(network: string, pool: string): Promise<NetworkStatus>;
}

export interface AttachmentId {
  containerId: string;
  ifname: string;
}

/** What DEL says of the IPAM plugin, should nobody know the attachment any more. */
export interface IpamRelease extends IpamCall {
  /** As the runtime says; "" when it says nothing. */
  netns: string;
}

interface PodRequest extends AttachmentId {
  /** Path of the pod's network namespace; known to exist and not to be the agent's own. */
  netns: string;
  /** `name` of the network configuration: what GC goes by. */
  configName: string;
  /** Addresses asked for, without prefix length, in canonical form. */
  ips?: string[];
  /** Whom to ask for addresses; the network itself when absent. */
  ipam?: IpamCall;
  pod: PodIdentity | null;
}

export interface AttachRequest extends PodRequest {
  /** Millrace network. */
  network: string;
  /** Bytes; the network's own MTU when absent. */
  mtu?: number;
  /** Unicast, lower case with colons. */
  mac?: string;
  /** What the network configuration says of the port. */
  port?: PortWishes;
}

/** The keys queues, vlan, vlanTrunk and spoofchk; absent where there is none. */
export type PortWishes = Pick<FastpathRecord, "queues" | "vlan" | "vlanTrunk" | "spoofCheck">;

export interface VfAttachRequest extends PodRequest {
  /** Millrace network that gives the addresses; "" for none. */
  network: string;
  /** The VF that the kubelet has given to the pod; null when the agent chooses one. */
  device: Bdf | null;
  /** Pool of the agent's configuration to choose from; "" when none was named. */
  pool: string;
  knobs: VfKnobs;
}

export interface PodIdentity {
  namespace: string;
  name: string;
  /** Empty when the runtime does not tell. */
  uid: string;
}

export type Attachment = FastpathRecord;
export type VfAttachment = VfAttachmentRecord;

export interface CheckRequest extends AttachmentId {
  netns: string;
  network: string;
  /** What the pod end must look like, from prevResult. */
  expected: ExpectedLink;
}

export interface ExpectedLink {
  /** Lower case; null when prevResult does not say. */
  mac: string | null;
  mtu: number | null;
  /** CIDR. */
  addresses: string[];
  /** The whole prevResult, with what other plugins of the chain made. */
  result: CniResult;
}

export interface NetworkStatus {
  /** True when ADD can be served. */
  ready: boolean;
  /** Counts only when not ready: existing pods may have lost connectivity too. */
  degraded: boolean;
  reason: string;
}
