import type { HostChange, NativeDataplane, NetworkOptions, RouteChange } from "./native.ts";
import type { Host, Port } from "./port.ts";

/** A network as the addon knows it. */
export interface NetworkHandle {
  id: number;
  kind: NetworkOptions["kind"];
  /** Table of the kernel that it follows, 0 for none. */
  mirrorTable: number;
}

type Tables = Pick<NativeDataplane, "applyRoutes" | "applyHosts">;

/** Routes the prefixes (CIDR) to the pod behind a port; all of them or none. */
export async function addRoutes(
  tables: Tables,
  network: NetworkHandle,
  port: Port,
  prefixes: readonly string[],
): Promise<void> {
  const fresh = prefixes.filter((prefix) => !port.routes.has(prefix));
  await applyRoutes(tables, network, port, "add", fresh);
  for (const prefix of fresh) port.routes.add(prefix);
}

/** Tells a bridged network who has which address behind a port. */
export async function addHosts(
  tables: Tables,
  network: NetworkHandle,
  port: Port,
  hosts: readonly Host[],
): Promise<void> {
  const changes = hosts.map((host): HostChange => ({ op: "add", ...host }));
  if (changes.length === 0) return;
  await tables.applyHosts(network.id, changes);
  port.hosts.push(...hosts);
}

/** Takes back whatever leads to a port. */
export async function removeAll(tables: Tables, network: NetworkHandle, port: Port): Promise<void> {
  await applyRoutes(tables, network, port, "del", [...port.routes]);
  port.routes.clear();
  const hosts = port.hosts.map((host): HostChange => ({ op: "del", ...host }));
  if (hosts.length > 0) await tables.applyHosts(network.id, hosts);
  port.hosts.length = 0;
}

async function applyRoutes(
  tables: Tables,
  network: NetworkHandle,
  port: Port,
  op: "add" | "del",
  prefixes: readonly string[],
): Promise<void> {
  if (prefixes.length === 0) return;
  const nextHops = [{ port: port.info.port, address: "", weight: 1 }];
  const how = { type: "unicast", nextHops, leakTo: 0, counted: false, source: "pod" } as const;
  await tables.applyRoutes(
    network.id,
    prefixes.map((prefix): RouteChange => ({ op, prefix, ...how })),
  );
}
