import type { CheckRequest } from "../../cni/attacher.ts";
import type { PodLink } from "../dataplane/native.ts";
import { type AttachmentRecord, attachmentKey, type FastpathRecord } from "../store/records.ts";
import { missingAddressing } from "./check-addresses.ts";
import { companionNames } from "./companion.ts";
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
  differences.push(...(await hostDifferences(parts, record)));
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

async function hostDifferences(
  { native, dataplane }: Parts,
  { hostName, alias, containerId, ifname }: FastpathRecord,
): Promise<string[]> {
  const key = attachmentKey(containerId, ifname);
  const tc = dataplane.port(key)?.backend === "tc";
  const links = await native.listLinks();
  const host = links.find((link) => link.alias === alias);
  if (host === undefined) return [`there is no link ${hostName} on the node`];
  const differences: string[] = [];
  if (host.name !== hostName) differences.push(`${hostName} is called ${host.name}`);
  if (!host.up) differences.push(`${host.name} is down`);
  const taker = tc ? links.find(({ name }) => name === companionNames(key).far) : host;
  if (taker === undefined) {
    differences.push(`${host.name} has no companion: the ring loop gets none of its frames`);
  } else if (taker.xdpProgram === 0) {
    differences.push(`${taker.name} has no XDP program: the ring loop gets none of its frames`);
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
  // A plugin after us may have changed both, the link and the result; nothing reaches the pod then.
  if (expected.mac !== null && expected.mac !== record.podMac) {
    const remedy = "ask for another one by the capability mac or args.cni.mac";
    differences.push(`the ring loop knows ${ifname} by the MAC ${record.podMac}: ${remedy}`);
  }
  // Before 1.1.0 no result tells the MTU, and a plugin after us may have lowered it.
  if (expected.mtu !== null || pod.mtu > record.mtu) {
    compare("MTU", pod.mtu, expected.mtu ?? record.mtu);
  }
  if (!pod.up) differences.push(`${ifname} is down`);
  return [...differences, ...missingAddressing(record, expected.addresses, pod)];
}
