import type { NativeDataplane, PeerChange, PeerInfo } from "../dataplane/native.ts";
import { formatPrefix } from "../networks/ip.ts";
import type { Network } from "../networks/network.ts";
import type { OverlayNetwork, OverlayTables, OwnVtep, Reserved } from "./tables.ts";

/** What the overlay uses of the dataplane. */
export interface OverlayDataplane {
  readonly vteps: readonly OwnVtep[];
  readonly vnis: readonly OwnVni[];
  readonly native: Pick<
    NativeDataplane,
    "applyFdb" | "listFdb" | "applyHosts" | "applyNeighbours" | "applyRoutes"
  >;
  network(name: string): { id: number } | undefined;
  applyPeers(vtep: string, changes: PeerChange[]): Promise<void>;
  listPeers(vtep: string): Promise<PeerInfo[]>;
  setFlood(network: string, peers: string[]): Promise<void>;
}

/** The port of a VNI. */
export interface OwnVni {
  readonly network: string;
  readonly vni: number;
  readonly vtep: string;
  readonly mac: string;
  readonly mtu: number;
  readonly port: number;
  /** What the port goes by in entries of the API. */
  readonly ifname: string;
}

/**
 * The tables of the overlay in a dataplane that has its VTEPs and VNIs.
 * @param reserved who else on this node has what in a network, whose VNI has this port
 */
export function overlayTables(
  dataplane: OverlayDataplane,
  networks: ReadonlyMap<string, Network>,
  reserved: (network: Network, vniPort: string) => Reserved,
): OverlayTables {
  const { native } = dataplane;
  const idOf = (name: string): number => {
    const handle = dataplane.network(name);
    if (!handle) throw new Error(`network ${name} is not in the dataplane`);
    return handle.id;
  };
  return {
    vteps: () => dataplane.vteps.map(ownVtep),
    networks: () =>
      dataplane.vnis.flatMap((vni) => {
        const network = networks.get(vni.network);
        return network ? overlayNetwork(vni, network) : [];
      }),
    reserved: (name) => {
      const vni = dataplane.vnis.find(({ network }) => network === name);
      return reserved(networks.get(name) as Network, vni?.ifname ?? "");
    },
    applyPeers: (vtep, changes) => dataplane.applyPeers(vtep, changes),
    listPeers: (vtep) => dataplane.listPeers(vtep),
    applyFdb: async (name, changes) => await native.applyFdb(idOf(name), changes),
    listFdb: async (name) => await native.listFdb(idOf(name)),
    applyHosts: async (name, changes) => await native.applyHosts(idOf(name), changes),
    applyNeighbours: async (name, changes) => await native.applyNeighbours(idOf(name), changes),
    applyRoutes: async (name, changes) => await native.applyRoutes(idOf(name), changes),
    setFlood: (name, peers) => dataplane.setFlood(name, peers),
  };
}

function ownVtep({ name, underlay, udpPort, address4, address6 }: OwnVtep): OwnVtep {
  return { name, underlay, udpPort, address4, address6 };
}

function overlayNetwork(
  { network: name, vni, vtep, mac, mtu, port }: OwnVni,
  { kind, subnets }: Network,
): OverlayNetwork {
  const prefixes = subnets.map(({ prefix }) => formatPrefix(prefix));
  return { name, kind, vni, vtep, mac: mac.toLowerCase(), mtu, port, prefixes };
}
