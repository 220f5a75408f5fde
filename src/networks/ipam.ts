import {
  type AttachmentAddress,
  type AttachmentRecord,
  attachmentKey,
  bareAddresses,
} from "../store/records.ts";
import { type Address, contains, formatAddress, formatPrefix, parseAddress } from "./ip.ts";
import { IpamError } from "./ipam-error.ts";
import type { Network } from "./network.ts";
import { Pool } from "./pool.ts";
import { reservedAs, type Subnet, subnetHolds } from "./subnet.ts";

/**
 * Built-in address management. It stores nothing: an address is taken when a record has it, so
 * none can leak or be given twice. The caller must put its record among `records` in the same
 * turn of the event loop in which it called reserve().
 */
export class Ipam {
  readonly #records: () => Iterable<AttachmentRecord>;
  /** Per network: the offset handed out last, so that a freed address rests before its reuse. */
  readonly #last = new Map<string, bigint>();

  constructor(records: () => Iterable<AttachmentRecord>) {
    this.#records = records;
  }

  /**
   * Picks one address per family of the network; the same host number in both when it is free.
   * @param requested addresses the pod asks for, with or without prefix length, at most one per
   *   family; an address kept for a static route is only given to who asks for it
   * @throws IpamError refused: an address asked for is not to be had, and why;
   *   exhausted: no address is left
   */
  reserve(network: Network, requested: readonly string[] = []): AttachmentAddress[] {
    const taken = this.#takenIn(network);
    const asked = checkRequests(network, requested, taken);
    const picked = this.#pick(network, asked, taken);
    // An address asked for says nothing about which ones were used lately.
    const offset = requested.length === 0 ? offsetIn(network.subnets[0], picked[0]) : null;
    if (offset !== null) this.#last.set(network.name, offset);
    return picked.map((address, i) => describe(network, i, address));
  }

  /** Why no further pod gets an address; "" when one does. Changes nothing. */
  whyFull(network: Network): string {
    try {
      const nothingAsked = network.subnets.map(() => null);
      this.#pick(network, nothingAsked, this.#takenIn(network));
      return "";
    } catch (error) {
      if (error instanceof IpamError) return error.message;
      throw error;
    }
  }

  /** Addresses of the subnet that records hold; those of IPAM plugins may lie outside. */
  allocated(network: Network, { prefix }: Subnet): number {
    const taken = [...this.#takenIn(network).keys()];
    return taken.filter((text) => contains(prefix, parseAddress(text))).length;
  }

  #pick(network: Network, asked: (Address | null)[], taken: Taken): Address[] {
    const pools = network.subnets.map((subnet) => new Pool(subnet, blocked(network, taken)));
    const after = this.#last.get(network.name) ?? this.#newest(network);
    const preferred = commonOffset(pools, asked, after);
    return pools.map((pool, i) => asked[i] ?? pool.take(preferred, after) ?? exhausted(network, i));
  }

  /** Where an earlier agent left off: the address of the youngest record. */
  #newest(network: Network): bigint {
    let youngest: AttachmentRecord | null = null;
    for (const record of this.#records()) {
      if (record.network !== network.name) continue;
      if (!youngest || record.createdAt > youngest.createdAt) youngest = record;
    }
    const [text] = youngest ? bareAddresses(youngest) : [];
    const subnet = network.subnets[0];
    return (text !== undefined && offsetIn(subnet, parseAddress(text))) || 0n;
  }

  #takenIn(network: Network): Taken {
    const taken: Taken = new Map();
    for (const record of this.#records()) {
      if (record.network !== network.name) continue;
      const holder = attachmentKey(record.containerId, record.ifname);
      for (const address of bareAddresses(record)) taken.set(address, holder);
    }
    return taken;
  }
}

/** Canonical address text to the attachment that holds it. */
type Taken = Map<string, string>;

function blocked(network: Network, taken: Taken): Set<string> {
  const kept = network.staticRoutes.map(({ via }) => formatAddress(via));
  return new Set([...taken.keys(), ...kept]);
}

/** One host number for both families, so that people recognise a pod by either address. */
function commonOffset(pools: Pool[], asked: (Address | null)[], after: bigint): bigint | null {
  const fixed = pools.findIndex((_, i) => asked[i]);
  const fixedPool = pools[fixed];
  const fixedAddress = asked[fixed];
  if (fixedPool && fixedAddress) return fixedPool.offsetOf(fixedAddress);
  const [first, ...others] = pools;
  return first?.next(after, (offset) => others.every((pool) => pool.isFree(offset))) ?? null;
}

// In a routed network everything else is behind the gateway; in a bridged one the subnet is on-link.
function describe({ subnets }: Network, i: number, address: Address): AttachmentAddress {
  const { gateway, podLength } = subnets[i] as Subnet;
  return {
    address: `${formatAddress(address)}/${podLength}`,
    gateway: gateway ? formatAddress(gateway) : "",
  };
}

function offsetIn(subnet: Subnet | undefined, address: Address | undefined): bigint | null {
  if (!subnet || !address || !subnetHolds(subnet, address)) return null;
  return address.value - subnet.prefix.base;
}

/** The requested address of each subnet, null where none is requested. */
function checkRequests(
  network: Network,
  requested: readonly string[],
  taken: Taken,
): (Address | null)[] {
  const asked: (Address | null)[] = network.subnets.map(() => null);
  for (const text of requested) {
    const address = readRequest(network, text);
    const i = network.subnets.findIndex((subnet) => subnetHolds(subnet, address));
    if (i < 0) throw refused(network, text, whyNot(network, address));
    const holder = taken.get(formatAddress(address));
    if (holder !== undefined) throw refused(network, text, `attachment ${holder} has it`);
    if (asked[i]) throw refused(network, text, `a second IPv${address.family} address`);
    asked[i] = address;
  }
  return asked;
}

function readRequest(network: Network, text: string): Address {
  try {
    return parseAddress(text.split("/")[0] ?? text);
  } catch (error) {
    throw refused(network, text, (error as Error).message);
  }
}

function whyNot(network: Network, address: Address): string {
  const subnet = network.subnets.find(({ prefix }) => prefix.family === address.family);
  if (!subnet) return `the network has no IPv${address.family} prefix`;
  const prefix = formatPrefix(subnet.prefix);
  const reserved = reservedAs(subnet, address);
  return reserved ? `it is the ${reserved} of ${prefix}` : `it is not in ${prefix}`;
}

function refused(network: Network, text: string, why: string): IpamError {
  const message = `network ${network.name}: address ${text} cannot be had: ${why}`;
  return new IpamError("refused", message);
}

function exhausted(network: Network, i: number): never {
  const subnet = network.subnets[i];
  const prefix = subnet ? formatPrefix(subnet.prefix) : "";
  const message = `network ${network.name}: every address of ${prefix} is in use; delete pods or widen the prefix`;
  throw new IpamError("exhausted", message);
}
