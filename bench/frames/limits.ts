import type { Source } from "./types.ts";

/** The FCS at the end of a frame: counted in sizes (RFC 2544 section 9), added by a NIC. */
export const fcsBytes = 4;

/** What the generator writes behind the L4 header: tag, complement, sequence, time; bench/gen/stamp.h. */
export const stampBytes = 18;

/** Frames that are played in a loop: all of them lie in memory that a program writes from. */
export const mostTemplates = 131_072;

/** Largest frames. */
export const mostBytes = {
  /** With FCS and without a VLAN tag, which comes on top. */
  ordinary: 1518,
  jumbo: 9018,
  /** On the interface, by source: one page of AF_XDP, and of a live frame what XDP leaves. */
  skb: 4096,
  frame: 3392,
} as const satisfies Record<Source | "ordinary" | "jumbo", number>;
