import { repairSettings } from "../../sriov/vf/check.ts";
import { HERE, locate } from "../../sriov/vf/locate.ts";
import type { VfAttachmentRecord } from "../store/records.ts";
import type { Parts } from "./parts.ts";
import type { ReconcileView } from "./view.ts";

/**
 * Looks after an attached VF: gives it the settings back that somebody took, and notes when it has
 * left its pod. The caller holds the lock of the attachment.
 * @returns whether the pod is gone for certain, so that the VF is to be given back
 */
export async function repairVf(
  parts: Parts,
  record: VfAttachmentRecord,
  view: ReconcileView,
): Promise<boolean> {
  const { vfs } = parts;
  const { vf, netns } = record;
  if (vf.bootId !== vfs.bootId) return true;
  if (await isThere(parts, record)) {
    await restore(parts, record, view);
    return false;
  }
  if (vf.netdev !== null && !(await vfs.isNetns(netns))) return true;
  noteLost(parts, record, view);
  return false;
}

async function restore(
  { vfs, lost, log }: Parts,
  { vf }: VfAttachmentRecord,
  view: ReconcileView,
): Promise<void> {
  const { owner: attachment, address } = vf;
  lost.delete(attachment);
  const repaired = await repairSettings(vfs.life, vf);
  if (repaired.length > 0) view.restored++;
  for (const what of repaired) log.warn({ attachment, vf: address }, `set again: ${what}`);
}

function noteLost({ lost, log }: Parts, record: VfAttachmentRecord, view: ReconcileView): void {
  const { netns, vf } = record;
  const { owner: attachment, address } = vf;
  if (lost.has(attachment)) return;
  lost.add(attachment);
  view.lost++;
  log.warn({ attachment, vf: address, netns }, "a VF has left its pod; kept until DEL");
}

// A namespace whose path was removed may live on, and its VF with it: that is not to be seen, but
// the VF is not in ours either.
async function isThere({ vfs: { life } }: Parts, { vf, netns }: VfAttachmentRecord) {
  if (!(await life.exists(vf.address))) return false;
  if (vf.netdev === null) return true;
  const place = await locate(life, vf.address, netns);
  return place === null || place.netns !== HERE;
}
