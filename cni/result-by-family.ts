import { isIPv6 } from "node:net";
import { z } from "zod";
import type { CniIp, CniRoute } from "./result.ts";

/**
 * Addresses of one family as versions 0.1.0 and 0.2.0 tell them, under `ip4` and `ip6`: one address
 * each, and no word about the interface. CNI spec 0.2.0, "Result".
 */
export interface FamilyResult {
  /** CIDR. */
  ip: string;
  gateway?: string | undefined;
  routes?: { dst: string; gw?: string | undefined }[];
}

export interface ResultByFamily {
  ip4?: FamilyResult;
  ip6?: FamilyResult;
}

const address = z.string({ error: "an address with prefix length" });
const route = z.object({
  dst: z.string({ error: "a CIDR prefix" }),
  gw: z.string({ error: "an address" }).nullish(),
});

export const familySchema = z
  .object(
    { ip: address, gateway: z.string({ error: "an address" }).nullish(), routes: routes() },
    { error: "an object with ip, gateway and routes" },
  )
  .nullish();

function routes() {
  return z.array(route, { error: "a list" }).nullish();
}

type Parsed = NonNullable<z.output<typeof familySchema>>;

/** Takes `ip4` and `ip6` apart; what is null or absent gives nothing. */
export function fromFamilies(families: readonly (Parsed | null | undefined)[]): {
  ips: CniIp[];
  routes: CniRoute[];
} {
  const present = families.filter((one) => one !== null && one !== undefined);
  return {
    ips: present.map(({ ip, gateway }) => ({ address: ip, ...(gateway ? { gateway } : {}) })),
    routes: present.flatMap(({ routes }) =>
      (routes ?? []).map(({ dst, gw }) => ({ dst, ...(gw ? { gw } : {}) })),
    ),
  };
}

/** The first address of each family with the routes of that family; more cannot be told. */
export function byFamily(ips: readonly CniIp[], routes: readonly CniRoute[]): ResultByFamily {
  const ip4 = familyOf(ips, routes, false);
  const ip6 = familyOf(ips, routes, true);
  return { ...(ip4 && { ip4 }), ...(ip6 && { ip6 }) };
}

function familyOf(
  ips: readonly CniIp[],
  routes: readonly CniRoute[],
  six: boolean,
): FamilyResult | null {
  const first = ips.find((ip) => isOfIPv6(ip.address) === six);
  if (first === undefined) return null;
  const own = routes.filter((route) => isOfIPv6(route.dst) === six);
  return {
    ip: first.address,
    ...(first.gateway === undefined ? {} : { gateway: first.gateway }),
    ...(own.length === 0 ? {} : { routes: own.map(brief) }),
  };
}

const brief = ({ dst, gw }: CniRoute) => (gw === undefined ? { dst } : { dst, gw });

/** Whether a CIDR is one of IPv6. */
export function isOfIPv6(cidr: string): boolean {
  return isIPv6(cidr.split("/")[0] ?? "");
}
