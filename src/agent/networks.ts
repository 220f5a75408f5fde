import { ConfigError } from "../config/errors.ts";
import type { Config } from "../config/schema.ts";
import type { Dataplane, VtepRequest } from "../dataplane/dataplane.ts";
import type { HostLink, Native } from "../dataplane/native.ts";
import { type Network, networkOptions, resolveNetwork } from "../networks/network.ts";
import { interfaceAddresses, type NodeFacts, planMtu, planVteps } from "./overlay-plan.ts";
import { addVteps } from "./vteps.ts";

/** Number of the kernel's main routing table: RT_TABLE_MAIN. */
const MAIN_TABLE = 254;

/**
 * Makes the networks of the configuration, with leaks between them, the tables they follow, and
 * the VTEPs that connect them with other nodes.
 * @param addressesOf addresses of an interface of this node
 * @returns them by name, in the order of the configuration
 * @throws ConfigError for what this node does not have
 */
export async function addNetworks(
  native: Native,
  dataplane: Dataplane,
  config: Config,
  addressesOf = interfaceAddresses,
): Promise<Map<string, Network>> {
  const links = await native.listLinks();
  const facts = { links, addressesOf };
  const vteps = planVteps(config, facts);
  const networks = resolveNetworks(config, vteps, facts);
  const tables = networks.map((network, i) => mirrorTable(network, i, links));
  for (const network of networks) await dataplane.addNetwork(networkOptions(network));
  // A leak may lead to a network further down.
  for (const { name, leaks } of networks) await dataplane.addLeaks(name, leaks);
  for (const [i, { name }] of networks.entries()) {
    const table = tables[i] ?? 0;
    if (table !== 0) await dataplane.setMirror(name, table);
  }
  await addVteps(dataplane, config.stateDir, vteps, networks);
  return new Map(networks.map((network) => [network.name, network]));
}

function resolveNetworks(
  config: Config,
  vteps: readonly VtepRequest[],
  facts: NodeFacts,
): Network[] {
  return config.networks.map((item, i) => {
    const network = resolveNetwork(item, config.vteps);
    const vtep = vteps.find(({ name }) => name === network.overlay?.vtep);
    return vtep ? { ...network, mtu: planMtu(config, i, vtep, facts) } : network;
  });
}

/** 0 when the network follows none. */
function mirrorTable({ mirror }: Network, index: number, links: readonly HostLink[]): number {
  if (mirror === null) return 0;
  if (mirror.vrf === undefined) return mirror.table === "main" ? MAIN_TABLE : (mirror.table ?? 0);
  const table = links.find(({ name }) => name === mirror.vrf)?.vrfTable;
  if (table !== undefined) return table;
  const found = links.filter((link) => link.vrfTable !== undefined).map(({ name }) => name);
  throw new ConfigError({
    source: "configuration",
    key: `networks[${index}].mirror.vrf`,
    value: mirror.vrf,
    reason: links.some(({ name }) => name === mirror.vrf)
      ? "this interface is no VRF device"
      : "there is no such interface",
    accepted:
      found.length > 0
        ? `a VRF device of this node: ${found.join(", ")}`
        : "a VRF device, of which this node has none; mirror.table names a table without one",
  });
}
