import { DEFAULT_SOCKET } from "../api/client.ts";
import { SHIM_NAME } from "./cni-files.ts";
import { CONFLIST_MARK } from "./marks.ts";

/** What the default network of a node's pods is made of. */
export interface ConflistOptions {
  /** Millrace network; also the name of the list. */
  network: string;
  /** Types of the plugins after ours, in order. */
  chain: readonly string[];
  /** Of the agent. */
  socket: string;
}

/** Capabilities that reference plugins need to be told to take; others need no configuration. */
const CHAINED: Record<string, Record<string, boolean> | undefined> = {
  bandwidth: { bandwidth: true },
  portmap: { portMappings: true },
  tuning: undefined,
  sbr: undefined,
  firewall: undefined,
};

/** Plugins that can follow ours: CNI reference plugins of the kind "meta". */
export const CHAINABLE: readonly string[] = Object.keys(CHAINED);

/** STATUS and GC came with 1.1.0. */
export const VERSIONS: readonly string[] = ["1.0.0", "1.1.0"];

/**
 * A network configuration list: CNI spec 1.1.0, section 1.
 * @param versions that all plugins have, oldest first: runtimes that do not know `cniVersions` take
 *   the first one
 */
export function conflist(
  { network, chain, socket }: ConflistOptions,
  versions: readonly string[],
): string {
  const own = {
    type: SHIM_NAME,
    ...(socket !== DEFAULT_SOCKET && { agentSocket: socket }),
    capabilities: { ips: true, mac: true },
  };
  const list = {
    [CONFLIST_MARK]: true,
    cniVersion: versions[0],
    cniVersions: versions,
    name: network,
    plugins: [own, ...chain.map(chained)],
  };
  return `${JSON.stringify(list, null, 2)}\n`;
}

function chained(type: string): Record<string, unknown> {
  const capabilities = CHAINED[type];
  return { type, ...(capabilities && { capabilities }) };
}
