import { z } from "zod";
import { byFamily, familySchema, fromFamilies, isOfIPv6 } from "./result-by-family.ts";
import { atLeast, type CniVersion } from "./versions.ts";

/** The result of ADD in its newest form: CNI spec 1.1.0, section 5 (ADD Success). */
export interface CniResult {
  interfaces: CniInterface[];
  ips: CniIp[];
  routes: CniRoute[];
  dns: Dns;
}

export interface CniInterface {
  name: string;
  mac?: string | undefined;
  /** Bytes. Since 1.1.0, as are socketPath and pciID. */
  mtu?: number | undefined;
  /** Path of the network namespace; absent on the host. */
  sandbox?: string | undefined;
  socketPath?: string | undefined;
  pciID?: string | undefined;
}

export interface CniIp {
  /** CIDR. */
  address: string;
  gateway?: string | undefined;
  /** Index into `interfaces`. */
  interface?: number | undefined;
}

export interface CniRoute {
  /** CIDR. */
  dst: string;
  gw?: string | undefined;
  /** Since 1.1.0, as is all that follows. */
  mtu?: number | undefined;
  advmss?: number | undefined;
  priority?: number | undefined;
  table?: number | undefined;
  scope?: number | undefined;
}

export interface Dns {
  nameservers?: string[] | undefined;
  domain?: string | undefined;
  search?: string[] | undefined;
  options?: string[] | undefined;
}

const text = z.string({ error: "a string" }).nullish();
const count = z.int({ error: "an integer" }).nullish();

function listOf<T extends z.ZodType>(item: T) {
  return z.array(item, { error: "a list" }).nullish();
}

export const dnsSchema = z.object(
  {
    nameservers: listOf(z.string()),
    domain: text,
    search: listOf(z.string()),
    options: listOf(z.string()),
  },
  { error: "an object with nameservers, domain, search and options" },
);

// Every version at once: `ips[].version` of 0.3 and 0.4 says what the address says already, and
// keys of later versions are dropped.
const resultSchema = z.object(
  {
    interfaces: listOf(
      z.object({
        name: z.string({ error: "an interface name" }),
        mac: text,
        mtu: count,
        sandbox: text,
        socketPath: text,
        pciID: text,
      }),
    ),
    ips: listOf(
      z.object({
        address: z.string({ error: "an address with prefix length" }),
        gateway: text,
        interface: count,
      }),
    ),
    routes: listOf(
      z.object({
        dst: z.string({ error: "a CIDR prefix" }),
        gw: text,
        mtu: count,
        advmss: count,
        priority: count,
        table: count,
        scope: count,
      }),
    ),
    // Until 0.2.0 there were these instead of ips and routes.
    ip4: familySchema,
    ip6: familySchema,
    dns: dnsSchema.nullish(),
  },
  { error: "the result of ADD" },
);

/** Takes the result of any supported version apart; becomes the 1.1.0 form. For prevResult. */
export const prevResultSchema = resultSchema.transform((result): CniResult => {
  const { ips, routes } = fromFamilies([result.ip4, result.ip6]);
  return {
    interfaces: (result.interfaces ?? []).map(tidy),
    ips: [...(result.ips ?? []).map(tidy), ...ips],
    routes: [...(result.routes ?? []).map(tidy), ...routes],
    dns: tidy(result.dns ?? {}),
  };
});

type Present<T> = { [K in keyof T]: Exclude<T[K], null> };

/** Without null and undefined members: Go writes null where it has no list. */
export function tidy<T extends object>(value: T): Present<T> {
  const entries = Object.entries(value).filter(
    ([, member]) => member !== null && member !== undefined,
  );
  return Object.fromEntries(entries) as Present<T>;
}

/**
 * The result as a caller of `version` may read it, ready for JSON: without what that version does
 * not have, with `ips[].version` where it is required (before 1.0.0), and with `ip4` and `ip6`
 * instead of lists (before 0.3.0).
 */
export function convertResult(result: CniResult, version: CniVersion): Record<string, unknown> {
  const dns = tidy(result.dns);
  const ending = Object.keys(dns).length === 0 ? {} : { dns };
  const form = atLeast(version, "0.3.0")
    ? convertLists(result, version)
    : byFamily(result.ips, result.routes);
  return { cniVersion: version, ...form, ...ending };
}

function convertLists(result: CniResult, version: CniVersion): Record<string, unknown> {
  const newest = atLeast(version, "1.1.0");
  const interfaces = newest
    ? result.interfaces
    : result.interfaces.map(({ name, mac, sandbox }) => ({ name, mac, sandbox }));
  const routes = newest ? result.routes : result.routes.map(({ dst, gw }) => ({ dst, gw }));
  const ips = atLeast(version, "1.0.0") ? result.ips : result.ips.map(withFamily);
  return {
    interfaces: interfaces.map(tidy),
    ips: ips.map(tidy),
    ...(routes.length === 0 ? {} : { routes: routes.map(tidy) }),
  };
}

function withFamily(ip: CniIp): CniIp & { version: "4" | "6" } {
  return { version: isOfIPv6(ip.address) ? "6" : "4", ...ip };
}

/**
 * What a chained plugin returns: everything of the previous result with its own appended; own
 * interface indexes move behind the interfaces that were there. Own DNS settings win.
 */
export function appendResult(previous: CniResult | null, own: CniResult): CniResult {
  if (previous === null) return own;
  const offset = previous.interfaces.length;
  const moved = own.ips.map((ip) =>
    ip.interface === undefined ? ip : { ...ip, interface: ip.interface + offset },
  );
  return {
    interfaces: [...previous.interfaces, ...own.interfaces],
    ips: [...previous.ips, ...moved],
    routes: [...previous.routes, ...own.routes],
    dns: Object.keys(own.dns).length > 0 ? own.dns : previous.dns,
  };
}
