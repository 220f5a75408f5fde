import type { FrameSpec } from "../frames/types.ts";
import { bare, inside, sender } from "./topology.ts";

export const vni = 4711;
/** Outer Ethernet, IPv4, UDP and VXLAN headers. */
export const outerBytes = 50;
/** Router behind the far VTEP, and a pod of its. */
export const farRouter = { mac: "02:81:00:00:00:01", address: "10.81.2.0" };
export const farPod = "10.81.2.10";
export const farPrefix = "10.81.2.0/24";

/** The outer headers of frames that the sender puts into a tunnel which ends at the device. */
export const tunnelToDut: NonNullable<FrameSpec["tunnel"]> = {
  vni,
  ethernet: { source: sender.mac, destination: inside.mac },
  ip: { source: bare(sender.address), destination: bare(inside.address) },
};
