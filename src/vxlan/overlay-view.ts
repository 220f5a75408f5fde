import type { FabricDriver } from "../fabric/fabric.ts";
import { conflictsOf } from "./conflicts.ts";
import type { FabricStore } from "./fabric-store.ts";
import type { NodeRecord, Roster } from "./roster.ts";
import type { Slot, TableName } from "./slot.ts";
import type { Slots } from "./slots.ts";
import type { OverlayNetwork, OverlayTables, OwnVtep } from "./tables.ts";
import type {
  FabricNodeView,
  FabricView,
  OverlayApi,
  OverlayCounts,
  RejectedView,
  VniView,
  VtepView,
} from "./view.ts";

export interface ViewParts {
  tables: OverlayTables;
  driver: FabricDriver;
  store: FabricStore;
  roster: Roster;
  slots: Slots;
  /** Name of this node. */
  own: string;
  /** Whether the driver has told of a node. */
  isFresh: (node: string) => boolean;
}

export class OverlayView implements OverlayApi {
  readonly #parts: ViewParts;

  constructor(parts: ViewParts) {
    this.#parts = parts;
  }

  vteps(): Promise<VtepView[]> {
    return Promise.all(this.#parts.tables.vteps().map((vtep) => this.#vtep(vtep)));
  }

  vnis(): VniView[] {
    return this.#parts.tables.networks().map((network) => this.#vni(network));
  }

  fabric(): FabricView {
    const { driver, own, roster, slots, store } = this.#parts;
    const { driver: name, connected, lastError, synchronisedAt } = driver.status();
    return {
      node: own,
      driver: name,
      connected,
      lastError,
      synchronisedAt: synchronisedAt === 0 ? null : new Date(synchronisedAt).toISOString(),
      problem: store.problem,
      nodes: [...roster.nodes.values()].map((node) => this.#node(node)),
      rejected: this.#rejected(),
      conflicts: conflictsOf(roster, slots, own),
    };
  }

  counts(): OverlayCounts {
    const { driver, own, roster, slots, tables } = this.#parts;
    const { connected, synchronisedAt } = driver.status();
    const peers = tables.vteps().map(({ name }) => [name, this.#applied("peers", name).size]);
    return {
      connected,
      nodes: roster.nodes.size,
      synchronisedAt,
      rejected: this.#rejected().length,
      conflicts: conflictsOf(roster, slots, own).length,
      peers: Object.fromEntries(peers),
    };
  }

  async #vtep({ name, address4, address6, udpPort, underlay }: OwnVtep): Promise<VtepView> {
    const { roster, tables } = this.#parts;
    const peers = (await tables.listPeers(name)).map(({ address, mtu, path = "unknown" }) => {
      return { address, node: roster.identities.nodeAt(name, address) ?? "", pathMtu: mtu, path };
    });
    return { name, address4, address6, udpPort, underlay, peers };
  }

  #vni({ name, vni, kind, vtep, mac, mtu }: OverlayNetwork): VniView {
    const routes = [...this.#applied("routes", name).keys()];
    const single = routes.filter(isSingle).length;
    const isBridged = kind === "bridged";
    return {
      network: name,
      vni,
      kind,
      vtep,
      mac,
      mtu,
      flood: [...this.#applied("flood", name).keys()],
      remoteEndpoints: isBridged ? this.#applied("fdb", name).size : single,
      remotePrefixes: routes.length - single,
    };
  }

  #node({ name, accepted, identity }: NodeRecord): FabricNodeView {
    const addresses = [...new Set(identity.addresses.values())];
    const source = this.#parts.isFresh(name) ? "fabric" : "saved";
    return { name, addresses, networks: [...accepted.networks.keys()], source };
  }

  #rejected(): RejectedView[] {
    const { driver, roster, slots } = this.#parts;
    const told = driver.status().rejected.map(({ key, reason }) => ({ entry: key, reason }));
    const nodes = [...roster.nodes.values()].flatMap(({ name, unread, taken }) =>
      [...unread, ...taken].map((reason) => ({ entry: name, reason })),
    );
    return [...told, ...nodes, ...[...slots.all.values()].flatMap(failuresOf)];
  }

  #applied(table: TableName, name: string): ReadonlyMap<string, string> {
    return this.#parts.slots.get(table, name)?.applied ?? new Map();
  }
}

const isSingle = (prefix: string): boolean =>
  prefix.endsWith(prefix.includes(":") ? "/128" : "/32");

function failuresOf({ table, name, claims, failed }: Slot): RejectedView[] {
  return [...failed].map(([key, error]) => {
    const node = claims.winner(key)?.node ?? "";
    return { entry: node || key, reason: `${name}, ${table} ${key}: ${error}` };
  });
}
