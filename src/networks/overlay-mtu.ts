import type { Family } from "./ip.ts";
import type { MtuLimit } from "./mtu.ts";

const IP_HEADER = { 4: 20, 6: 40 } as const;
const UDP_HEADER = 8;
const VXLAN_HEADER = 8;
const INNER_ETHERNET = 14;

/** Of an uplink of the underlay. */
export interface UplinkMtu {
  ifname: string;
  mtu: number;
}

/** What the MTU of a network with a VNI is worked out from. */
export interface OverlayMtuFacts {
  /** The MTU of the configuration; null when it names none. */
  named: number | null;
  /** Uplinks of the underlay that are there. */
  uplinks: readonly UplinkMtu[];
  /** Families in which the VTEP has an address. */
  families: readonly Family[];
  /** What the network and the dataplane allow without an overlay. */
  least: MtuLimit;
  most: MtuLimit;
}

/** Why a network cannot have an MTU, and what it could have. */
export interface OverlayMtuProblem {
  reason: string;
  accepted: string;
}

/**
 * Bytes that VXLAN puts between an inner IP packet and the MTU of the underlay (RFC 7348 5): outer
 * IP, UDP and VXLAN headers and the inner Ethernet header; the outer one counts in no MTU.
 */
export function vxlanOverhead(family: Family): number {
  return IP_HEADER[family] + UDP_HEADER + VXLAN_HEADER + INNER_ETHERNET;
}

/**
 * Bytes of an inner IP packet in a network with a VNI: what the configuration names when it fits,
 * else as many as fit. A packet too long for the underlay would be lost, as VTEPs must not fragment
 * (RFC 7348 4.3).
 */
export function overlayMtu(facts: OverlayMtuFacts): { mtu: number } | OverlayMtuProblem {
  const { named, least, most } = facts;
  const narrowest = facts.uplinks.reduce<UplinkMtu | null>(
    (found, uplink) => (found === null || uplink.mtu < found.mtu ? uplink : found),
    null,
  );
  if (narrowest === null) return named === null ? UNKNOWN : { mtu: named };
  const { ifname, mtu } = narrowest;
  // A peer may be reached by either family, and a pod has one MTU for all of them.
  const family = facts.families.includes(6) ? 6 : 4;
  const overhead = vxlanOverhead(family);
  const fits = Math.min(mtu - overhead, most.mtu);
  const sum = `${overhead} bytes of VXLAN over IPv${family}`;
  if (fits < least.mtu) {
    const reason =
      `${mtu} of uplink ${ifname} - ${sum} = ${mtu - overhead}, below the least MTU` +
      ` ${least.mtu} (${least.because})`;
    return { reason, accepted: `an uplink with an MTU of at least ${least.mtu + overhead}` };
  }
  if (named === null || named <= fits) return { mtu: named ?? fits };
  const reason = `${named} + ${sum} exceed the MTU ${mtu} of uplink ${ifname}`;
  return { reason, accepted: `at most ${fits}, or raise the MTU of ${ifname}` };
}

const UNKNOWN: OverlayMtuProblem = {
  reason: "missing, and no uplink of the underlay is there to work it out from",
  accepted: "an MTU, or an uplink that is there when the agent starts",
};
