import { join } from "node:path";
import type { HostLink } from "../../src/dataplane/native.ts";
import { linkName, names, SYSFS } from "../sysfs.ts";

const LOWER = "lower_";
const OVS_MASTER = "ovs-system";

export interface DefaultRouteSources {
  sysfs?: string;
  /** `listLinks` of the addon. */
  links: readonly Pick<HostLink, "ifindex" | "name" | "kind">[];
  /** `defaultRouteInterfaces` of the addon. */
  interfaces: readonly number[];
}

/**
 * Names of the interfaces that the node would be cut off without: those that a default route leaves
 * by and all below them, through bonds, bridges and VLANs.
 * @see Documentation/ABI/testing/sysfs-class-net, lower_<interface>
 */
export async function defaultRouteNames(sources: DefaultRouteSources): Promise<Set<string>> {
  const { sysfs = SYSFS, links, interfaces } = sources;
  const home = join(sysfs, "class/net");
  const kinds = new Map(links.map(({ name, kind }) => [name, kind]));
  const found = new Set<string>();
  const waiting = links.filter(({ ifindex }) => interfaces.includes(ifindex)).map(nameOf);
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    const lower = (await names(home, name)).filter((file) => file.startsWith(LOWER));
    waiting.push(...lower.map((file) => file.slice(LOWER.length)));
    // Which ports an internal one of Open vSwitch sends by, only its flows know: all count.
    if (kinds.get(name) === "openvswitch") waiting.push(...(await portsOfOvs(home, links)));
  }
  return found;
}

const nameOf = ({ name }: { name: string }): string => name;

async function portsOfOvs(home: string, links: DefaultRouteSources["links"]): Promise<string[]> {
  const masters = await Promise.all(links.map(({ name }) => linkName(home, name, "master")));
  return links.map(nameOf).filter((_, i) => masters[i] === OVS_MASTER);
}
