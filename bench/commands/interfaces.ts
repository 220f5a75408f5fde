import { run } from "../../test/harness/run.ts";
import type { Endpoint } from "../trial/types.ts";

/** What must be known of an interface before it is taken for a benchmark. */
export interface InterfaceFacts {
  /** Of this machine's own network namespace. */
  isHosts: boolean;
  isUp: boolean;
  isLoopback: boolean;
  mac: string;
  hasXdp: boolean;
  /** Addresses that others reach by this interface: its own, of VLANs, bonds and bridges above it. */
  addresses: string[];
  /** The interface with a default route that this one carries: itself or one above; null: none. */
  defaultRoute: string | null;
}

/** A link as `ip -json address` shows it. */
export interface ShownLink {
  ifname: string;
  flags: string[];
  address?: string;
  /** Interface below, of a VLAN or tunnel; one in another namespace has no name here. */
  link?: string | null;
  /** Bridge or bond above. */
  master?: string;
  xdp?: unknown;
  addr_info?: { local?: string; scope?: string }[];
}

/** A route as `ip -json route` shows it. */
export interface ShownRoute {
  dev?: string;
  nexthops?: { dev?: string }[];
}

/** "eth1", or "blue/eth1" in the network namespace blue. */
export function parseEndpoint(text: string): Endpoint {
  const [, netns, ifname] = /^(?:([^/]+)\/)?([^/\s]{1,15})$/.exec(text) ?? [];
  if (ifname === undefined) {
    throw new Error(`interface "${text}": expected INTERFACE or NETNS/INTERFACE`);
  }
  return { netns: netns ?? null, ifname };
}

export function formatEndpoint({ netns, ifname }: Endpoint): string {
  return netns === null ? ifname : `${netns}/${ifname}`;
}

/** @throws Error when there is no such namespace or interface */
export async function readFacts(endpoint: Endpoint): Promise<InterfaceFacts> {
  const links = (await show(endpoint, ["address", "show"])) as ShownLink[];
  const routes = await Promise.all(
    ["-4", "-6"].map((family) =>
      show(endpoint, [family, "route", "show", "table", "all", "default"]),
    ),
  );
  return factsOf(endpoint, links, routes.flat() as ShownRoute[]);
}

async function show({ netns }: Endpoint, args: readonly string[]): Promise<unknown[]> {
  const place = netns === null ? [] : ["-n", netns];
  const { exitCode, stdout, stderr } = await run("ip", [...place, "-json", ...args]);
  if (exitCode !== 0) throw new Error(`ip ${[...place, ...args].join(" ")}: ${stderr.trim()}`);
  return JSON.parse(stdout.trim() || "[]") as unknown[];
}

/** @throws Error when the interface is not among the links */
export function factsOf(
  { netns, ifname }: Endpoint,
  links: readonly ShownLink[],
  defaultRoutes: readonly ShownRoute[],
): InterfaceFacts {
  const link = links.find((one) => one.ifname === ifname);
  if (link === undefined) {
    const names = links.map((one) => one.ifname).join(", ");
    throw new Error(`there is no interface ${ifname}; there are ${names}`);
  }
  const carried = carriedBy(link, links);
  const devices = defaultRoutes.flatMap(({ dev, nexthops = [] }) => [
    dev,
    ...nexthops.map((hop) => hop.dev),
  ]);
  return {
    isHosts: netns === null,
    isUp: link.flags.includes("UP"),
    isLoopback: link.flags.includes("LOOPBACK"),
    mac: link.address ?? "",
    hasXdp: link.xdp !== undefined,
    addresses: carried.flatMap(globalAddresses),
    defaultRoute: carried.find((one) => devices.includes(one.ifname))?.ifname ?? null,
  };
}

/** The interface and all whose traffic goes through it. */
function carriedBy(link: ShownLink, links: readonly ShownLink[]): ShownLink[] {
  const found = [link];
  for (const below of found) {
    const above = links.filter((one) => one.link === below.ifname || one.ifname === below.master);
    found.push(...above.filter((one) => !found.includes(one)));
  }
  return found;
}

function globalAddresses({ addr_info = [] }: ShownLink): string[] {
  return addr_info.flatMap(({ local, scope }) => (local && scope !== "link" ? [local] : []));
}

/**
 * Why an interface must not be taken for a benchmark, with the remedy; null when it may. While one
 * runs, everything that arrives at its receiving interface is dropped, and its sending one is full:
 * no option makes that happen to the interface by which this machine is reached.
 */
export function objection(facts: InterfaceFacts, force: boolean): string | null {
  const { defaultRoute, addresses, isHosts } = facts;
  if (facts.isLoopback) return "a loopback interface: programs of this machine talk by it";
  if (defaultRoute !== null && isHosts) {
    return `carries the default route of this machine (${defaultRoute}): take another interface; --force does not change this`;
  }
  if (!facts.isUp) return "is down: ip link set it up first";
  if (facts.hasXdp) return "has an XDP program already: detach that, or stop who attached it";
  if (force) return null;
  if (defaultRoute !== null) {
    return `carries the default route of its namespace (${defaultRoute}): --force takes it all the same, and nothing else gets through meanwhile`;
  }
  if (addresses.length > 0) {
    return `is in use, it carries ${addresses.join(", ")}: --force takes it all the same, and nothing else gets through meanwhile`;
  }
  return null;
}
