import type { Network } from "../networks/network.ts";
import type { EntryStore } from "../store/entries.ts";
import type { StoredAttachment } from "../store/records.ts";
import type { Reserved } from "./tables.ts";

const CONFIGURATION = "the configuration of this node";
const API = "an entry made by the API";

/** What is in a network apart from what the fabric tells. */
export function reservedIn(
  network: Network,
  entries: EntryStore,
  attachments: Iterable<Readonly<StoredAttachment>>,
): Reserved {
  const { routes, neighbours, fdb } = entries.network(network.name);
  const configured = [...network.staticRoutes, ...network.leaks];
  const pods = network.kind === "bridged" ? podsOf(network.name, attachments) : [];
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
    neighbours: new Map([...neighbours.values()].map(({ address }) => [address, API] as const)),
  };
}

/** Those whose port is there; an attachment under way comes with the next change. */
function podsOf(network: string, attachments: Iterable<Readonly<StoredAttachment>>) {
  const pods: { name: string; mac: string; addresses: string[] }[] = [];
  for (const { state, record } of attachments) {
    if (state !== "attached" || record.network !== network) continue;
    const { pod, containerId, podMac: mac } = record;
    const name = `pod ${pod ? `${pod.namespace}/${pod.name}` : containerId} of this node`;
    const addresses = record.addresses.map(({ address }) => address.split("/")[0] ?? address);
    pods.push({ name, mac: mac.toLowerCase(), addresses });
  }
  return pods;
}
