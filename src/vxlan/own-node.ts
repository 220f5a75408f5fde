import { isDeepStrictEqual } from "node:util";
import type { FabricEndpoint, FabricNetwork, FabricNode } from "../fabric/fabric.ts";
import { portVlans } from "../networks/vlans.ts";
import { type Attachments, attachedOf } from "./attached.ts";
import { outside } from "./prefixes.ts";
import { Facts, type OverlayNetwork, type OwnVtep } from "./tables.ts";

/** Pods come in bursts; others need not hear of each of them. */
const DELAY_MS = 50;

/** A pod as other nodes need to know it. */
export interface Station extends FabricEndpoint {
  network: string;
}

/** What this node tells of itself. */
export function ownNode(
  name: string,
  vteps: readonly OwnVtep[],
  networks: readonly OverlayNetwork[],
  stations: readonly Station[],
): FabricNode {
  const facts = new Facts(vteps, networks);
  const byNetwork = Map.groupBy(stations, ({ network }) => network);
  return {
    name,
    vteps: vteps.map(({ udpPort, address4, address6 }) => ({ udpPort, address4, address6 })),
    networks: networks.map((network): FabricNetwork => {
      const { vni, kind, mac, prefixes } = network;
      const all = (byNetwork.get(network.name) ?? []).map(({ mac, addresses }) => {
        return { mac, addresses };
      });
      const where = { vni, udpPort: facts.udpPortOf(network) };
      if (kind === "bridged") return { ...where, mac: "", prefixes: [], endpoints: all };
      return { ...where, mac, prefixes: [...prefixes], endpoints: endpointsOutside(prefixes, all) };
    }),
  };
}

/** The pods that are there. Those in a VLAN are behind no VNI, nor is a VF. */
export function stationsOf(attachments: Attachments): Station[] {
  return attachedOf(attachments).flatMap(({ record, addresses }): Station[] => {
    if (record.mode === "vf") return [];
    const { vlan, vlanTrunk, network, podMac: mac } = record;
    const { pvid, tagged } = portVlans({ vlan, vlanTrunk });
    return pvid !== 0 || tagged.length > 0 ? [] : [{ network, mac, addresses }];
  });
}

/** Those with addresses that the prefixes of this node do not lead to. */
function endpointsOutside(prefixes: readonly string[], endpoints: readonly FabricEndpoint[]) {
  const isOutside = outside(prefixes);
  return endpoints.flatMap(({ mac, addresses }): FabricEndpoint[] => {
    const some = addresses.filter(isOutside);
    return some.length === 0 ? [] : [{ mac, addresses: some }];
  });
}

/** Publishes this node whenever it has become another. */
export class OwnNode {
  readonly #build: () => FabricNode;
  readonly #publish: (node: FabricNode) => void;
  #published: FabricNode | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(build: () => FabricNode, publish: (node: FabricNode) => void) {
    this.#build = build;
    this.#publish = publish;
  }

  /** The node as the driver is started with it; changes are published from now on. */
  start(): FabricNode {
    this.#published = this.#build();
    return this.#published;
  }

  changed(): void {
    if (this.#published) this.#timer ??= setTimeout(() => this.#check(), DELAY_MS);
  }

  close(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#published = null;
  }

  #check(): void {
    this.#timer = null;
    const node = this.#build();
    if (isDeepStrictEqual(node, this.#published)) return;
    this.#published = node;
    this.#publish(node);
  }
}
