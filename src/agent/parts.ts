import type { Logger } from "pino";
import type { Dataplane } from "../dataplane/dataplane.ts";
import type { Native } from "../dataplane/native.ts";
import type { Ipam } from "../networks/ipam.ts";
import type { Network } from "../networks/network.ts";
import type { Journal } from "../store/journal.ts";
import type { KeyedMutex } from "./keyed-mutex.ts";
import type { Vfs } from "./vfs.ts";

/** What attaching, detaching and reconciling work with. */
export interface Parts {
  native: Native;
  dataplane: Dataplane;
  journal: Journal;
  ipam: Ipam;
  /** By name, in the order of the configuration. */
  networks: ReadonlyMap<string, Network>;
  /** Held by whoever changes an attachment; the key is that of the attachment. */
  locks: KeyedMutex;
  /** Keys of attachments whose link vanished while the agent ran. */
  lost: Set<string>;
  /** Queues of a pod's link unless it asks for others. */
  podQueues: number;
  /** Addresses of the node itself, without prefix length. */
  addresses: () => string[];
  /** VFs, and who has them. */
  vfs: Vfs;
  log: Logger;
}
