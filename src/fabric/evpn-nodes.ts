import { isDeepStrictEqual } from "node:util";
import type { Logger } from "../telemetry/log.ts";
import type { Remotes } from "./evpn-remotes.ts";
import type { FabricListener, FabricNetworkKey, FabricNode } from "./fabric.ts";

/** One node for each remote VTEP, named by its address, with what all devices have of it. */
export function nodesOf(all: Iterable<Remotes>): Map<string, FabricNode> {
  const nodes = new Map<string, FabricNode>();
  for (const { networks } of all) {
    for (const [address, network] of networks) {
      const node = nodes.get(address) ?? { name: address, vteps: [], networks: [] };
      nodes.set(address, node);
      node.networks.push(network);
      const { udpPort } = network;
      if (node.vteps.some((vtep) => vtep.udpPort === udpPort)) continue;
      const is6 = address.includes(":");
      node.vteps.push({ udpPort, address4: is6 ? "" : address, address6: is6 ? address : "" });
    }
  }
  return nodes;
}

/** Tells a listener what has changed since it was told last. */
export class EvpnTeller {
  readonly #listener: FabricListener;
  readonly #log: Logger;
  #told = new Map<string, FabricNode>();
  #unread: readonly FabricNetworkKey[] = [];

  constructor(listener: FabricListener, log: Logger) {
    this.#listener = listener;
    this.#log = log;
  }

  get size(): number {
    return this.#told.size;
  }

  /** @param unread networks of which `nodes` says nothing: a node may have them all the same */
  tell(nodes: ReadonlyMap<string, FabricNode>, unread: readonly FabricNetworkKey[]): void {
    const before = this.#told;
    const after = new Map(nodes);
    for (const [name, node] of before) {
      if (nodes.has(name)) continue;
      if (unread.length > 0) after.set(name, { ...node, networks: [] });
      else this.#guard(() => this.#listener.gone(name));
    }
    const again = !isDeepStrictEqual(this.#unread, unread);
    for (const [name, node] of after) {
      if (!again && isDeepStrictEqual(before.get(name), node)) continue;
      this.#guard(() => this.#listener.changed(node, unread));
    }
    this.#told = after;
    this.#unread = unread;
  }

  synchronised(): void {
    this.#guard(() => this.#listener.synchronised(new Set()));
  }

  /** A listener that fails must not look like a kernel that fails. */
  #guard(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      this.#log.error({ err: error }, "a change of the fabric could not be applied");
    }
  }
}
