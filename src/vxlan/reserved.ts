import type { Network } from "../networks/network.ts";
import type { EntryStore } from "../store/entries.ts";
import { type Attachments, attachedOf } from "./attached.ts";
import type { Reserved } from "./tables.ts";

const CONFIGURATION = "the configuration of this node";
const API = "an entry made by the API";

/**
 * What is in a network apart from what the fabric tells.
 * @param vniPort what the port of its VNI goes by
 */
export function reservedIn(
  network: Network,
  vniPort: string,
  entries: EntryStore,
  attachments: Attachments,
): Reserved {
  const { routes, neighbours, fdb } = entries.network(network.name);
  const configured = [...network.staticRoutes, ...network.leaks];
  const pods = network.kind === "bridged" ? podsOf(network.name, attachments) : [];
  // Elsewhere the address of a VTEP is that of somebody else: tenants may use those of the underlay.
  const toOthers = [...neighbours.values()].filter(({ port }) => port === vniPort);
  return {
    routes: new Map([
      ...configured.map(({ prefix }) => [prefix, CONFIGURATION] as const),
      ...[...routes.keys()].map((prefix) => [prefix, API] as const),
    ]),
    macs: new Map([
      ...[...fdb.values()].filter(({ vlan }) => vlan === 0).map(({ mac }) => [mac, API] as const),
      ...pods.map(({ name, mac }) => [mac, name] as const),
    ]),
    addresses: new Map(
      pods.flatMap(({ name, addresses }) => addresses.map((address) => [address, name] as const)),
    ),
    neighbours: new Map(toOthers.map(({ address }) => [address, API] as const)),
  };
}

/** Those whose port is there; an attachment under way comes with the next change. */
function podsOf(network: string, attachments: Attachments) {
  const here = attachedOf(attachments).filter(({ record }) => record.network === network);
  return here.map(({ record: { pod, containerId, podMac: mac }, addresses }) => {
    const name = `pod ${pod ? `${pod.namespace}/${pod.name}` : containerId} of this node`;
    return { name, mac: mac.toLowerCase(), addresses };
  });
}
