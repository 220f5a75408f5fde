import type { AttachmentId, IpamRelease } from "../../cni/attacher.ts";
import { failpoint } from "../store/failpoint.ts";
import { type AttachmentRecord, attachmentKey, type FastpathRecord } from "../store/records.ts";
import { tearDownSteps } from "./connect.ts";
import { type Removal, releaseUnknown, withRelease } from "./ipam.ts";
import { aliasOf, hostName } from "./names.ts";
import type { Parts } from "./parts.ts";
import { runSteps, type Step } from "./steps.ts";
import { removeVfAttachment } from "./vf-del.ts";

const FIRST = 2;

/**
 * DEL by mode. The caller holds the lock of the attachment.
 * @throws StepError | JournalError
 */
export function removeAttachment(
  parts: Parts,
  record: AttachmentRecord,
  removal: Removal = {},
): Promise<void> {
  if (record.mode === "vf") return removeVfAttachment(parts, record, removal);
  return removePod(parts, record, removal);
}

/**
 * DEL of mode fastpath in numbered steps: 1 journal removing, 2 removeRoutes, 3 deleteLink, 4 removePort,
 * 5 journal removed; withRelease() says where ipamDel comes. Whatever is missing already is no error. When a step fails the record stays,
 * so that a repeated DEL or the reconciler goes on from there.
 */
async function removePod(parts: Parts, record: FastpathRecord, removal: Removal): Promise<void> {
  const { journal, lost } = parts;
  failpoint("del.1");
  await journal.removing(record);
  failpoint("del.1.done");
  const steps = removalSteps(parts, record, removal);
  await runSteps("del", FIRST, steps);
  failpoint(`del.${FIRST + steps.length}`);
  await journal.removed(record);
  lost.delete(attachmentKey(record.containerId, record.ifname));
  failpoint(`del.${FIRST + steps.length}.done`);
}

/** What takes a pod of mode fastpath away. */
export function removalSteps(parts: Parts, record: FastpathRecord, removal: Removal): Step[] {
  return withRelease(parts, record, removal, tearDownSteps(parts, record));
}

/** Without a record there may still be a link and addresses, if somebody lost the journal. */
export async function removeUnknown(
  parts: Parts,
  id: AttachmentId,
  ipam: IpamRelease | undefined,
): Promise<void> {
  const { containerId, ifname } = id;
  await parts.native.deleteLink(hostName(containerId, ifname), aliasOf(containerId, ifname));
  if (ipam) await releaseUnknown(parts, id, ipam);
}
