import type { Bdf, NetdevInfo, VfSettings } from "../types.ts";
import type { VfKnobs } from "./knobs.ts";

/**
 * What a VF was before it was attached, and for whom it was changed. In the journal before the
 * first change; all that giving back needs.
 */
export interface VfRecord {
  address: Bdf;
  pf: Bdf;
  /** Its number at the PF. */
  index: number;
  /** Key of the attachment. */
  owner: string;
  /** Of the owner: another attachment has another, even under the same key. */
  generation: number;
  /** A VF of another boot was made anew, and has nothing to give back. */
  bootId: string;
  netns: string;
  ifname: string;
  knobs: VfKnobs;
  /** As the PF had set it up; null when nobody here can set it up. */
  settings: VfSettings | null;
  /** null when its driver makes none: the VF belongs to a program of the pod. */
  netdev: NetdevInfo | null;
}

/**
 * Name of the netdev on its way between namespaces. Follows from the address, so it is free in
 * both: an address is there only once. A PCI domain has eight digits at most.
 */
export function passingName(address: Bdf): string {
  return `mv${address.replaceAll(/[:.]/g, "")}`;
}
