import type { PodLink } from "../dataplane/native.ts";
import { canonicalCidr } from "../networks/ip.ts";
import type { AttachmentRecord } from "../store/records.ts";

/**
 * Addresses and routes that a pod should have and has not.
 * @param addresses CIDR, what prevResult says
 */
export function missingAddressing(
  { ifname, routes }: Pick<AttachmentRecord, "ifname" | "routes">,
  addresses: readonly string[],
  pod: Pick<PodLink, "addresses" | "routes">,
): string[] {
  const has = new Set(pod.addresses.map(canonicalCidr));
  const without = addresses.filter((address) => !has.has(canonicalCidr(address)));
  const ways = new Set(pod.routes.map(({ dst, gw }) => `${canonicalCidr(dst)} via ${gw}`));
  const lost = routes.map(({ dst, gw }) => `${dst} via ${gw}`).filter((route) => !ways.has(route));
  return [
    ...without.map((address) => `${ifname} has no address ${address}`),
    ...lost.map((route) => `there is no route ${route}`),
  ];
}
