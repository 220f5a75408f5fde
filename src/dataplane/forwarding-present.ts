import { canonicalCidr } from "../networks/ip.ts";
import type { TableHost, TableNetwork } from "./forwarding-model.ts";
import type { RouteInfo } from "./native.ts";

/** The route that decides for exactly one prefix; the table shows no other. */
export interface Present {
  /** Made by the API or the configuration. */
  made: RouteInfo | null;
  /** Anybody else's. */
  foreign: RouteInfo | null;
}

/** Whether the route comes before what the API makes; kernel routes come after it. */
export const outranks = ({ source }: RouteInfo): boolean => source === "pod" || source === "local";

/** @param prefix canonical CIDR */
export async function routesAt(
  { native }: TableHost,
  { id }: TableNetwork,
  prefix: string,
): Promise<Present> {
  const family = prefix.includes(":") ? 6 : 4;
  // The table lists in the order of its prefixes, so this one comes before those inside it.
  const query = { family, within: prefix, match: "", source: "", limit: 4 } as const;
  const { routes } = await native.listRoutes(id, query);
  const same = routes.filter((route) => canonicalCidr(route.prefix) === prefix);
  const isMade = ({ source }: RouteInfo) => source === "static";
  return { made: same.find(isMade) ?? null, foreign: same.find((one) => !isMade(one)) ?? null };
}

/** Why a route that is there is not the API's to change, and what to do instead. */
export function ownerOf(
  route: RouteInfo,
  network: TableNetwork,
): { reason: string; remedy: string } {
  const remote = route.nextHops.some(({ port }) => port === network.overlay?.port);
  if (route.source === "static" && remote) {
    return { reason: "from the fabric", remedy: "it goes with its node; change it in the fabric" };
  }
  switch (route.source) {
    case "kernel":
      return {
        reason: "from the kernel, whose table is mirrored",
        remedy: `change it there (table ${network.mirrorTable})`,
      };
    case "neighbour":
      return { reason: "for a neighbour that the kernel knows", remedy: "change it there" };
    case "pod":
      return {
        reason: "for an attachment",
        remedy: "it goes with the pod; name another prefix",
      };
    case "local":
      return { reason: "for itself, it is the gateway's", remedy: "name another prefix" };
    default:
      return { reason: "from the configuration", remedy: "change it there and restart the agent" };
  }
}
