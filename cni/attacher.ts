import type { AttachmentRecord } from "../src/store/records.ts";
import type { CniResult } from "./result.ts";

/**
 * What the verbs need of the agent. An attachment is known by containerID and interface name
 * alone (CNI spec 1.1.0, section 3).
 */
export interface Attacher {
  /** @throws CniError; nothing is left behind then. */
  attach(request: AttachRequest): Promise<Attachment>;
  /** Idempotent: what is gone, or was never there, is no error. */
  detach(containerId: string, ifname: string): Promise<void>;
  /** Changes nothing. Resolves to the differences in words, [] when all is as expected. */
  check(request: CheckRequest): Promise<string[]>;
  /**
   * Detaches what was attached by the network configuration `configName` and is not in `valid`.
   * Configurations with other names may use the same Millrace network: theirs stay.
   */
  collect(configName: string, valid: AttachmentId[]): Promise<void>;
  /** Whether ADD would work for this Millrace network now, and why not. */
  status(network: string): Promise<NetworkStatus>;
}

export interface AttachmentId {
  containerId: string;
  ifname: string;
}

export interface AttachRequest extends AttachmentId {
  /** Path of the pod's network namespace; known to exist and not to be the agent's own. */
  netns: string;
  /** Millrace network. */
  network: string;
  /** `name` of the network configuration: what GC goes by. */
  configName: string;
  /** Bytes; the network's own MTU when absent. */
  mtu?: number;
  /** Unicast, lower case with colons. */
  mac?: string;
  /** Addresses asked for, without prefix length, in canonical form. */
  ips?: string[];
  pod: PodIdentity | null;
  /** What the network configuration says of the port. */
  port?: PortWishes;
}

/** The keys queues, vlan, vlanTrunk and spoofchk; absent where there is none. */
export type PortWishes = Pick<AttachmentRecord, "queues" | "vlan" | "vlanTrunk" | "spoofCheck">;

export interface PodIdentity {
  namespace: string;
  name: string;
  /** Empty when the runtime does not tell. */
  uid: string;
}

export type Attachment = AttachmentRecord;

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
