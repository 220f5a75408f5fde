import { isDeepStrictEqual } from "node:util";
import type { Logger } from "../telemetry/log.ts";
import type { Remotes } from "./evpn-remotes.ts";
import type { FabricListener, FabricNode } from "./fabric.ts";

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

  constructor(listener: FabricListener, log: Logger) {
    this.#listener = listener;
    this.#log = log;
  }

  get size(): number {
    return this.#told.size;
  }

  tell(nodes: Map<string, FabricNode>): void {
    const before = this.#told;
    this.#told = nodes;
    for (const [name, node] of nodes) {
      if (!isDeepStrictEqual(before.get(name), node)) {
        this.#guard(() => this.#listener.changed(node));
      }
    }
    for (const name of before.keys()) {
      if (!nodes.has(name)) this.#guard(() => this.#listener.gone(name));
    }
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
