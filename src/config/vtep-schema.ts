import { z } from "zod";
import { bool, integer, ipAddress, list, name, oneOf, wordOrInteger } from "./fields.ts";

/** RFC 7348 5: 24 bits; 0 is left out, as some implementations take it for "none". */
export const MAX_VNI = 0xffffff;
/** IANA's UDP port of VXLAN (RFC 7348 8). */
export const VXLAN_PORT = 4789;

/** kMaxVteps of the addon. */
export const MAX_VTEPS = 4;

export const udpPortSchema = integer(1, 65535, "UDP port");
export const vniSchema = integer(1, MAX_VNI, "VNI");

/** One item of the key `vteps`: a VXLAN tunnel endpoint of this node (RFC 7348). */
export const vtepSchema = z.strictObject({
  /** Used in `networks` and the CLI. */
  name,
  /** A routed network with an uplink; its routes lead to the other VTEPs. */
  underlay: name,
  /** At most one per family. Default: those of the underlay's uplinks when the agent starts. */
  addresses: list(ipAddress, "addresses").optional(),
  /** Where it receives and where it sends to. Flannel uses 8472. */
  port: udpPortSchema.default(VXLAN_PORT),
  /** Of what it sends; auto: over IPv6 only (RFC 7348 5, RFC 8200 8.1). */
  udpChecksum: oneOf(["auto", "always", "never"]).default("auto"),
  /** Of the outer packet; inherit: that of the inner one (RFC 2983). */
  dscp: wordOrInteger("inherit", 0, 63, "DSCP").default("inherit"),
  /** TTL or hop limit of the outer packet. */
  ttl: integer(1, 255, "hops").default(64),
  /** Whether pods may send VXLAN to our own UDP port through the tunnel. */
  nested: bool.default(false),
});
