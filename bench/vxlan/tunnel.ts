/** encap: from a pod into a tunnel; decap: out of a tunnel to a pod. */
export type Direction = "encap" | "decap";

export const vni = 4711;
/** Outer Ethernet, IPv4, UDP and VXLAN headers. */
export const outerBytes = 50;
/** Router behind the far VTEP, and a pod of its. */
export const farRouter = { mac: "02:81:00:00:00:01", address: "10.81.2.0" };
export const farPod = "10.81.2.10";
export const farPrefix = "10.81.2.0/24";
