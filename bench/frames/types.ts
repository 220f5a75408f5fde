/** Colon-separated hexadecimal bytes, "02:00:00:00:00:01". */
export type Mac = string;

/** How packets reach the device under test: as a pod sends them or as a NIC delivers them. */
export type Source = "skb" | "frame";

/** The headers of a test frame, outermost first. */
export interface FrameSpec {
  ethernet: { source: Mac; destination: Mac; vlan?: number };
  /** Both addresses of one family. */
  ip: { source: string; destination: string; ttl?: number };
  l4: { protocol: "udp" | "tcp"; sourcePort: number; destinationPort: number };
  /** RFC 7348: everything above travels inside this tunnel. */
  tunnel?: {
    vni: number;
    ethernet: { source: Mac; destination: Mac };
    ip: { source: string; destination: string };
  };
}

/** Fields that take a range of values; those of the inner headers where there is a tunnel. */
export type VariedField =
  | "source-address"
  | "destination-address"
  | "source-port"
  | "destination-port"
  | "vlan";

/**
 * One field that goes through `count` values from that of the spec upwards, one per flow; flow n has
 * value n modulo count.
 */
export interface FieldRange {
  field: VariedField;
  count: number;
}

/** Frames of one size, in proportion to its weight; bytes as RFC 2544 section 9 counts them: with the FCS. */
export interface SizeShare {
  bytes: number;
  weight: number;
}

/** One frame to be sent: its first bytes, and how long it is on the interface. */
export interface FrameTemplate {
  /** Headers, and the stamp with its room; what follows up to `length` is zero. */
  head: Uint8Array;
  /** Bytes on the interface: without the FCS. */
  length: number;
}
