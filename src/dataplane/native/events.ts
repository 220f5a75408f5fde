import type { PortTransmit } from "./ports.ts";

/** A station behind another VTEP is at the port of the VNI, and `…Peer` is that VTEP. */
export interface MacMoved {
  event: "mac-moved";
  network: number;
  mac: string;
  vlan: number;
  from: number;
  fromPeer: string;
  to: number;
  toPeer: string;
}

/** What the dataplane tells by itself. */
export type DataplaneEvent =
  /** A device of a port changed: gone, down or up, MTU, number of queues. */
  | { event: "link"; port: number; ifindex: number; change: "gone" | "down" | "up" | "queues" }
  /** A port transmits by another backend from now on; `reason` says why not by live frames. */
  | {
      event: "transmit";
      port: number;
      ifindex: number;
      backend: PortTransmit["backend"];
      reason: string;
    }
  | MacMoved
  | {
      event: "mac-limit";
      network: number;
      mac: string;
      vlan: number;
      port: number;
      portPeer: string;
    }
  | { event: "resync"; milliseconds: number; routes: number; overruns: number }
  /**
   * FDB entries of a kernel VXLAN device, neighbours of a bridge or routes through one have changed,
   * or the device has; ifindex 0: any of them may have. At most one per device and 20 ms.
   */
  | { event: "kernel-fdb"; ifindex: number };
