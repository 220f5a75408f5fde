import {
  type AttachmentRecord,
  attachmentKey,
  bareAddresses,
  type StoredAttachment,
} from "../store/records.ts";

/** Attachments of this node. */
export interface Attachments {
  stored: Iterable<Readonly<StoredAttachment>>;
  /** Keys of those whose link has vanished: they wait for their DEL, and nothing reaches them. */
  lost: ReadonlySet<string>;
}

/** Those that are complete, with their addresses without prefix length. */
export function attachedOf({
  stored,
  lost,
}: Attachments): { record: Readonly<AttachmentRecord>; addresses: string[] }[] {
  const all = [...stored].filter(({ state, record: { containerId, ifname } }) => {
    return state === "attached" && !lost.has(attachmentKey(containerId, ifname));
  });
  return all.map(({ record }) => ({ record, addresses: bareAddresses(record) }));
}
