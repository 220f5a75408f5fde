import type { Attacher, AttachmentId, PodIdentity } from "../../../cni/attacher.ts";
import type { AttachmentRecord } from "../../store/records.ts";
import type { AttachmentNote } from "./note.ts";

/** Told of each attachment of a pod; never waited for. */
export type Tell = (pod: PodIdentity, id: AttachmentId, note: AttachmentNote) => void;

/**
 * An attacher that tells what pods have got.
 * @param noteOf what there is to tell of an attachment
 */
export function annotating(
  attacher: Attacher,
  noteOf: (record: AttachmentRecord) => AttachmentNote,
  tell: Tell,
): Attacher {
  const told = <T extends AttachmentRecord>(record: T): T => {
    if (record.pod) tell(record.pod, record, noteOf(record));
    return record;
  };
  return {
    attach: async (request) => told(await attacher.attach(request)),
    attachVf: async (request) => told(await attacher.attachVf(request)),
    detach: (...call) => attacher.detach(...call),
    check: (...call) => attacher.check(...call),
    collect: (...call) => attacher.collect(...call),
    status: (...call) => attacher.status(...call),
  };
}
