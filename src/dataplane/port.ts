import { MAX_QUEUES } from "../config/network-schema.ts";
import type { DataplaneConfig } from "../config/schema.ts";
import type { HostChange, PortInfo, PortOptions, PortVlans } from "./native.ts";

/** Who has an address of a bridged network. */
export type Host = Omit<HostChange, "op">;

/** What the façade needs to know of an attachment or uplink to serve it. */
export interface PortRequest
  extends Pick<
    PortOptions,
    | "ifname"
    | "role"
    | "capture"
    | "mac"
    | "podMac"
    | "addresses"
    | "mtu"
    | "vlan"
    | "spoofCheck"
    | "macLimit"
    | "flowLane"
    | "companion"
    | "transmit"
    | "peer"
  > {
  /** containerId:ifname, or uplink:<interface>. */
  attachment: string;
  network: string;
  /** Queues to bind; auto: all that the device has. */
  queues: number | "auto";
}

/** A port in service. */
export class Port {
  readonly attachment: string;
  readonly network: string;
  readonly ifname: string;
  readonly role: "pod" | "uplink";
  readonly backend: "xdp" | "tc";
  /** Bridged networks only, else null. */
  readonly vlan: PortVlans | null;
  /** Queues to bind when the device has as many. */
  readonly wanted: number;
  /** What the addon said last. */
  info: PortInfo;
  /** CIDRs that lead to the port. */
  readonly routes = new Set<string>();
  /** What a bridged network was told about the port. */
  readonly hosts: Host[] = [];

  constructor({ companion, attachment, network, ...request }: PortRequest, info: PortInfo) {
    const { ifname, role, vlan, queues } = request;
    this.attachment = attachment;
    this.network = network;
    this.ifname = ifname;
    this.role = role;
    this.backend = companion === null ? "xdp" : "tc";
    this.vlan = vlan;
    this.wanted = queues === "auto" ? MAX_QUEUES : queues;
    this.info = info;
  }

  /** Number in the addon. */
  get port(): number {
    return this.info.port;
  }

  /** The worker of each queue. */
  get workers(): number[] {
    return this.info.queues.map(({ worker }) => worker);
  }
}

/** What the addon takes for a request. */
export function portOptions(
  { attachment: _, network: __, queues: ___, ...request }: PortRequest,
  network: number,
  workers: number[],
  { mode, txBudget, fill, busyPoll }: DataplaneConfig,
): PortOptions {
  return { ...request, network, workers, mode, txBudget, fill, busyPoll };
}
