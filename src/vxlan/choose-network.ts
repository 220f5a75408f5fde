import type { FabricNetwork } from "../fabric/fabric.ts";

/**
 * The one that counts of a network that a node has told several times: that of the family the node
 * is reached over. flannel has a device for each family, each with a MAC of its own, and takes no
 * packet of the other family.
 * @param told all with the same VNI and UDP port, at least one
 * @param address where the node is reached
 */
export function chooseNetwork(
  told: readonly FabricNetwork[],
  address: string,
): { chosen: FabricNetwork; problems: string[] } {
  const fits = (prefix: string) => isIpv6(prefix) === isIpv6(address);
  const chosen = told.find(({ prefixes }) => prefixes.some(fits)) ?? (told[0] as FabricNetwork);
  const problems = told.filter((one) => one !== chosen).map((one) => whyLeft(one, address));
  return { chosen, problems };
}

const isIpv6 = (text: string): boolean => text.includes(":");

function whyLeft({ mac, prefixes }: FabricNetwork, address: string): string {
  const what = `prefixes ${prefixes.join(", ") || "none"} at MAC ${JSON.stringify(mac)}`;
  const family = isIpv6(address) ? "IPv6" : "IPv4";
  return `told more than once: ${what} are left out, as the node is reached over ${family}`;
}
