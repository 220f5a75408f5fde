import type { Attacher, ExpectedLink } from "./attacher.ts";
import { CNI_ERROR, CniError } from "./errors.ts";
import { ipamTell } from "./ipam/plugin.ts";
import type { CniRequest } from "./request.ts";
import type { CniResult } from "./result.ts";

/**
 * CHECK: compares prevResult with the call and with what is really there (CNI spec 1.1.0, section
 * 2), then has the IPAM plugin do the same. What other plugins of the chain made is theirs to check.
 * @throws CniError 7 without prevResult, 100 naming every difference; IpamPluginError
 */
export async function check(request: CniRequest, attacher: Attacher): Promise<string> {
  const { containerId, ifname, netns, network, prevResult } = request;
  if (prevResult === null) {
    const details = "accepted: the result that ADD gave";
    throw new CniError(CNI_ERROR.invalidConfig, "CHECK needs the key prevResult", details);
  }
  const pod = findPodEnd(prevResult, ifname, netns);
  const expected = expectedLink(prevResult, pod);
  const differences = [
    ...contradictions(request, prevResult, pod),
    ...(await attacher.check({ containerId, ifname, netns, network, expected })),
  ];
  if (differences.length > 0) {
    const msg = `attachment ${containerId}:${ifname} is not as it was added`;
    throw new CniError(CNI_ERROR.checkFailed, msg, differences.join("; "));
  }
  if (request.ipam) await ipamTell("CHECK", request.ipam, request);
  return "";
}

// Another pod of the same host may have an interface of the same name, so the namespace counts
// first; -1 when prevResult has no such interface inside a namespace.
function findPodEnd({ interfaces }: CniResult, ifname: string, netns: string): number {
  const exact = interfaces.findIndex((link) => link.name === ifname && link.sandbox === netns);
  if (exact >= 0) return exact;
  return interfaces.findIndex((link) => link.name === ifname && (link.sandbox ?? "") !== "");
}

function expectedLink(result: CniResult, pod: number): ExpectedLink {
  const link = result.interfaces[pod];
  const addresses = result.ips.filter((ip) => pod >= 0 && ip.interface === pod);
  return {
    mac: link?.mac?.toLowerCase() ?? null,
    mtu: link?.mtu ?? null,
    addresses: addresses.map((ip) => ip.address),
    result,
  };
}

function contradictions({ ifname, netns }: CniRequest, result: CniResult, pod: number): string[] {
  const link = result.interfaces[pod];
  if (link === undefined) return [`prevResult has no interface ${ifname} in ${netns}`];
  if (link.sandbox === netns) return [];
  return [`prevResult has ${ifname} in ${link.sandbox}, the call in ${netns}`];
}
