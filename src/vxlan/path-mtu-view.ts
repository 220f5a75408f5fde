import type { PeerPath } from "./path-mtu-peer.ts";
import type { PathState } from "./path-mtu-search.ts";

/** What is known of the path to a peer. */
export interface PathMtuView {
  vtep: string;
  address: string;
  state: PathState;
  /** Bytes of the longest outer packet that is known to reach it; 0 when none ever was. */
  mtu: number;
  linkMtu: number;
  /** When it came into this state, on the clock of `now`. */
  since: number;
}

export function viewOf({ peer, state, mtu, since }: PeerPath): PathMtuView {
  return { vtep: peer.vtep, address: peer.address, state, mtu, linkMtu: peer.linkMtu, since };
}
