import { failpoint } from "../store/failpoint.ts";
import { type AttachmentRecord, attachmentKey, type FastpathRecord } from "../store/records.ts";
import { tearDownSteps } from "./connect.ts";
import type { Parts } from "./parts.ts";
import { runSteps } from "./steps.ts";
import { removeVfAttachment } from "./vf-del.ts";

/**
 * DEL by mode. The caller holds the lock of the attachment.
 * @throws StepError | JournalError
 */
export function removeAttachment(parts: Parts, record: AttachmentRecord): Promise<void> {
  return record.mode === "vf" ? removeVfAttachment(parts, record) : removePod(parts, record);
}

/**
 * DEL of mode fastpath in numbered steps: 1 journal removing, 2 removeRoutes, 3 deleteLink, 4 removePort,
 * 5 journal removed. Whatever is missing already is no error. When a step fails the record stays,
 * so that a repeated DEL or the reconciler goes on from there.
 */
async function removePod(parts: Parts, record: FastpathRecord): Promise<void> {
  const { journal, lost } = parts;
  failpoint("del.1");
  await journal.removing(record);
  failpoint("del.1.done");
  await runSteps("del", 2, tearDownSteps(parts, record));
  failpoint("del.5");
  await journal.removed(record);
  lost.delete(attachmentKey(record.containerId, record.ifname));
  failpoint("del.5.done");
}
