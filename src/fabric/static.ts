import { formatAddress, parseAddress } from "../networks/ip.ts";
import type {
  FabricDriver,
  FabricListener,
  FabricNetwork,
  FabricNode,
  FabricStatus,
  FabricVtep,
} from "./fabric.ts";

/** A node as the configuration names it; it has been checked there. */
export interface StaticNode {
  readonly name: string;
  readonly vteps: readonly { readonly port: number; readonly addresses: readonly string[] }[];
  readonly networks: readonly StaticNetwork[];
}

export interface StaticNetwork {
  readonly vni: number;
  /** UDP port of the VTEP; of the only one when it is left out. */
  readonly port?: number | undefined;
  readonly mac?: string | undefined;
  readonly prefixes: readonly string[];
  readonly endpoints: readonly { readonly mac: string; readonly addresses: readonly string[] }[];
}

/**
 * A driver that tells the nodes of the configuration, once. Nobody hears of this one: the others
 * have it in theirs.
 */
export function staticDriver(nodes: readonly StaticNode[]): FabricDriver {
  return new StaticDriver(nodes.map(fabricNode));
}

class StaticDriver implements FabricDriver {
  readonly #nodes: readonly FabricNode[];
  #others = 0;
  #synchronisedAt = 0;

  constructor(nodes: readonly FabricNode[]) {
    this.#nodes = nodes;
  }

  async start(own: FabricNode, listener: FabricListener): Promise<void> {
    const others = this.#nodes.filter(({ name }) => name !== own.name);
    for (const node of others) listener.changed(node);
    this.#others = others.length;
    this.#synchronisedAt = Date.now();
    listener.synchronised(new Set());
  }

  publish(): void {}

  status(): FabricStatus {
    const synchronisedAt = this.#synchronisedAt;
    const known = { connected: synchronisedAt > 0, nodes: this.#others, synchronisedAt };
    return { driver: "static", ...known, rejected: [], lastError: "" };
  }

  async close(): Promise<void> {
    this.#synchronisedAt = 0;
  }
}

function fabricNode({ name, vteps, networks }: StaticNode): FabricNode {
  return {
    name,
    vteps: vteps.map(fabricVtep),
    networks: networks.map((network): FabricNetwork => {
      const { vni, port = vteps[0]?.port ?? 0, mac = "", prefixes, endpoints } = network;
      const stations = endpoints.map(({ mac, addresses }) => ({ mac, addresses: [...addresses] }));
      return { vni, udpPort: port, mac, prefixes: [...prefixes], endpoints: stations };
    }),
  };
}

function fabricVtep({ port: udpPort, addresses }: StaticNode["vteps"][number]): FabricVtep {
  const parsed = addresses.map(parseAddress);
  const addressOf = (family: 4 | 6) => {
    const address = parsed.find((one) => one.family === family);
    return address ? formatAddress(address) : "";
  };
  return { udpPort, address4: addressOf(4), address6: addressOf(6) };
}
