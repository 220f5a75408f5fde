import type { DataplaneConfig } from "../config/schema.ts";

/** Bytes the kernel keeps free in front of a received frame for XDP: XDP_PACKET_HEADROOM. */
export const XDP_HEADROOM = 256;
/** Bytes in front of the packet: two MAC addresses and the EtherType. */
export const ETHERNET_HEADER = 14;
/** Bytes of an IEEE 802.1Q tag. */
export const VLAN_TAG = 4;

/** RFC 791 3.2: every IPv4 link carries a datagram of 68 bytes. */
export const MIN_MTU_IPV4 = 68;
/** RFC 8200 5: every IPv6 link carries a packet of 1280 bytes. */
export const MIN_MTU_IPV6 = 1280;

// Native XDP without multi-buffer needs the frame and its bookkeeping in one page:
// 4096 page - 256 headroom - 320 skb_shared_info - 14 Ethernet. Linux refuses a larger
// MTU on the peer of a veth that carries such a program.
const PAGE = 4096;
const SKB_SHARED_INFO = 320;

/** Bytes; frames of 4096 would hold more. */
export const MAX_MTU_NATIVE_VETH = PAGE - XDP_HEADROOM - SKB_SHARED_INFO - ETHERNET_HEADER;

export interface MtuLimit {
  mtu: number;
  /** The arithmetic, in words. */
  because: string;
}

/** Smallest MTU of a network in bytes. */
export function minMtu(families: { hasIpv6: boolean }): MtuLimit {
  return families.hasIpv6
    ? { mtu: MIN_MTU_IPV6, because: "the network has an IPv6 prefix (RFC 8200 5)" }
    : { mtu: MIN_MTU_IPV4, because: "RFC 791 3.2" };
}

/** Of a network whose configuration names none and that has no VNI. */
export const DEFAULT_MTU = 1500;

/** Jumbo frames: what network devices commonly carry. */
export const MAX_MTU_MULTI_BUFFER = 9000;

/** Largest MTU in bytes that fits one UMEM frame of `frameSize` bytes and the port mode. */
export function maxMtu(frameSize: number, generic: boolean): MtuLimit {
  const frame: MtuLimit = {
    mtu: frameSize - XDP_HEADROOM - ETHERNET_HEADER - VLAN_TAG,
    because:
      `frameSize ${frameSize} - ${XDP_HEADROOM} XDP headroom` +
      ` - ${ETHERNET_HEADER} Ethernet - ${VLAN_TAG} VLAN`,
  };
  const veth: MtuLimit = {
    mtu: MAX_MTU_NATIVE_VETH,
    because:
      `native XDP on a veth: ${PAGE} page - ${XDP_HEADROOM} XDP headroom` +
      ` - ${SKB_SHARED_INFO} skb_shared_info - ${ETHERNET_HEADER} Ethernet`,
  };
  return generic || frame.mtu <= veth.mtu ? frame : veth;
}

/** Largest MTU in bytes when a packet may take several UMEM frames of `frameSize` bytes. */
export function maxMtuMultiBuffer(frameSize: number): MtuLimit {
  const segment = frameSize - XDP_HEADROOM;
  const packet = MAX_MTU_MULTI_BUFFER + ETHERNET_HEADER + VLAN_TAG;
  return {
    mtu: MAX_MTU_MULTI_BUFFER,
    because:
      `${Math.ceil(packet / segment)} segments of ${segment} bytes:` +
      ` frameSize ${frameSize} - ${XDP_HEADROOM} XDP headroom`,
  };
}

/** Largest MTU in bytes that a dataplane with this configuration carries. */
export function maxMtuOf({
  frameSize,
  mode,
  multiBuffer,
}: Pick<DataplaneConfig, "frameSize" | "mode" | "multiBuffer">): MtuLimit {
  const generic = mode === "generic";
  // Generic XDP hands over what is in one piece.
  return multiBuffer === "auto" && !generic
    ? maxMtuMultiBuffer(frameSize)
    : maxMtu(frameSize, generic);
}
