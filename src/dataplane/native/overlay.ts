/** A VXLAN tunnel endpoint of ours (RFC 7348). */
export interface VtepOptions {
  name: string;
  /** Id of the routed network whose routes lead to the other VTEPs. */
  underlay: number;
  /** Own addresses, one per family at most; "" for none. */
  address4: string;
  address6: string;
  /** Where it receives and where it sends to. */
  udpPort: number;
  /** UDP checksums of what it sends; auto: over IPv6 only (RFC 7348 5, RFC 8200 8.1). */
  udpChecksum: "auto" | "always" | "never";
  /** Outer TTL and hop limit. */
  ttl: number;
  /** Outer DSCP, or -1 for that of the inner packet (RFC 2983). ECN always follows RFC 6040. */
  dscp: number;
  /** Whether VXLAN inside VXLAN, for our own UDP port, may leave a tunnel. */
  nested: boolean;
}

export interface VtepInfo {
  /** Id. */
  vtep: number;
  /** The port without device that counts what is dropped on its way through the underlay. */
  port: number;
}

export interface PeerChange {
  op: "add" | "replace" | "del";
  /** Of the other VTEP. */
  address: string;
  /** Bytes of the longest outer IP packet that reaches it; 0 when unknown. */
  mtu: number;
}

export interface PeerInfo {
  address: string;
  mtu: number;
}

/** How a network takes part in an overlay. */
export interface VniOptions {
  /** From addVtep. */
  vtep: number;
  /** 1 to 16777215. */
  vni: number;
  /** Ours in this network: destination of routed packets from other VTEPs, source of ours. */
  mac: string;
  /** Bytes of an inner IP packet. */
  mtu: number;
  /** Bridged networks: whether sources of frames from other VTEPs are learned. */
  learning: boolean;
}
