import type { NodeBody } from "./etcd-codec.ts";
import type { Entry } from "./etcd-entry.ts";
import { type EtcdKey, type NodeKey, networkId } from "./etcd-keys.ts";
import type { FabricEndpoint, FabricNode } from "./fabric.ts";

interface Parts {
  /** Null: there are endpoints, but not yet the node itself. */
  body: NodeBody | null;
  /** By network, then by MAC address. */
  endpoints: Map<string, Map<string, string[]>>;
}

/** Puts nodes together from what the store holds of them in several keys. */
export class NodeTable {
  readonly #nodes = new Map<string, Parts>();

  set(entry: Entry): void {
    const parts = this.#partsOf(entry.key.node);
    if (isNode(entry)) parts.body = entry.value;
    else this.#stationsOf(parts, entry.key.network).set(entry.key.mac, entry.value);
  }

  unset(key: EtcdKey): void {
    const parts = this.#partsOf(key.node);
    if (key.kind === "node") {
      parts.body = null;
    } else {
      const stations = this.#stationsOf(parts, key.network);
      stations.delete(key.mac);
      if (stations.size === 0) parts.endpoints.delete(key.network);
    }
    if (parts.body === null && parts.endpoints.size === 0) this.#nodes.delete(key.node);
  }

  /** The node as others are told; null when it is not there or not complete. */
  compose(name: string): FabricNode | null {
    const parts = this.#nodes.get(name);
    if (!parts?.body) return null;
    const { vteps, networks } = parts.body;
    return {
      name,
      vteps,
      networks: networks.map((network) => ({
        ...network,
        endpoints: sorted(parts.endpoints.get(networkId(network))),
      })),
    };
  }

  #partsOf(name: string): Parts {
    const known = this.#nodes.get(name);
    if (known) return known;
    const parts: Parts = { body: null, endpoints: new Map() };
    this.#nodes.set(name, parts);
    return parts;
  }

  #stationsOf({ endpoints }: Parts, network: string): Map<string, string[]> {
    const known = endpoints.get(network);
    if (known) return known;
    const stations = new Map<string, string[]>();
    endpoints.set(network, stations);
    return stations;
  }
}

function isNode(entry: Entry): entry is Extract<Entry, { key: NodeKey }> {
  return entry.key.kind === "node";
}

/** The store does not promise the order in which changes of several keys arrive. */
function sorted(stations: Map<string, string[]> = new Map()): FabricEndpoint[] {
  return [...stations]
    .map(([mac, addresses]) => ({ mac, addresses }))
    .sort((a, b) => (a.mac < b.mac ? -1 : 1));
}
