import type { CheckRequest } from "../../cni/attacher.ts";
import type { PodLink } from "../dataplane/native.ts";
import { canonicalCidr } from "../networks/ip.ts";
import { type AttachmentRecord, attachmentKey } from "../store/records.ts";
import type { Parts } from "./parts.ts";
import { checkVfAttachment } from "./vf-check.ts";

/** How an attachment differs from its record and from the result that ADD gave; changes nothing. */
export async function checkAttachment(parts: Parts, request: CheckRequest): Promise<string[]> {
  const { containerId, ifname, netns } = request;
  const key = attachmentKey(containerId, ifname);
  const stored = parts.journal.attachments.get(key);
  if (!stored) return [`attachment ${key} is not known to the agent`];
  const { record, state } = stored;
  const differences = recordDifferences(record, request);
  if (state !== "attached") differences.push(`attachment ${key} is in state ${state}`);
  if (record.mode === "vf") {
    return [...differences, ...(await checkVfAttachment(parts, record, request))];
  }
  if (!parts.dataplane.port(key)) {
    differences.push(`${record.hostName} has no port: the ring loop does not serve it`);
  }
  const pod = await parts.native.describePod(netns, ifname);
  if (!pod) return [...differences, `there is no interface ${ifname} in ${netns}`];
  return [...differences, ...podDifferences(record, request, pod)];
}

function recordDifferences(
  record: AttachmentRecord,
  { network, netns, ifname, expected }: CheckRequest,
): string[] {
  const differences: string[] = [];
  if (record.network !== network) {
    differences.push(`network is ${record.network}, the configuration says ${network}`);
  }
  if (record.netns !== netns) {
    differences.push(`it was attached in ${record.netns}, the call says ${netns}`);
  }
  // Pods of a bridged network may have none.
  if (record.addresses.length > 0 && expected.addresses.length === 0) {
    differences.push(`prevResult has no address for ${ifname}`);
  }
  return differences;
}

function podDifferences(
  record: AttachmentRecord,
  { expected, ifname }: CheckRequest,
  pod: PodLink,
): string[] {
  const differences: string[] = [];
  const compare = (what: string, is: unknown, should: unknown) => {
    if (is !== should) differences.push(`${what} of ${ifname} is ${is}, expected ${should}`);
  };
  compare("MAC", pod.mac.toLowerCase(), expected.mac ?? record.podMac);
  compare("MTU", pod.mtu, expected.mtu ?? record.mtu);
  if (!pod.up) differences.push(`${ifname} is down`);
  const addresses = new Set(pod.addresses.map(canonicalCidr));
  for (const address of expected.addresses) {
    if (!addresses.has(canonicalCidr(address))) {
      differences.push(`${ifname} has no address ${address}`);
    }
  }
  const routes = new Set(pod.routes.map(({ dst, gw }) => `${canonicalCidr(dst)} via ${gw}`));
  for (const { dst, gw } of record.routes) {
    const route = `${dst} via ${gw}`;
    if (!routes.has(route)) differences.push(`there is no route ${route}`);
  }
  return differences;
}
