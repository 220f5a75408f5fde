import type { CheckRequest } from "../../cni/attacher.ts";
import { checkVf } from "../../sriov/vf/check.ts";
import type { VfAttachmentRecord } from "../store/records.ts";
import { missingAddressing } from "./check-addresses.ts";
import type { Parts } from "./parts.ts";

/** How the VF of an attachment differs from its record and from the result that ADD gave. */
export async function checkVfAttachment(
  { vfs, native }: Parts,
  record: VfAttachmentRecord,
  { expected }: CheckRequest,
): Promise<string[]> {
  const { vf, netns, ifname, podMac } = record;
  const differences = await checkVf(vfs.life, vf);
  if (expected.mac !== null && podMac !== "" && expected.mac !== podMac) {
    differences.push(`MAC of ${ifname} is ${podMac}, prevResult says ${expected.mac}`);
  }
  if (vf.netdev === null || record.addresses.length === 0) return differences;
  const pod = await native.describePod(netns, ifname);
  if (pod === null) return differences;
  return [...differences, ...missingAddressing(record, expected.addresses, pod)];
}
