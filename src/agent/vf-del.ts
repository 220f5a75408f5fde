import { said } from "../../sriov/vf/errors.ts";
import { type GivenBack, giveBack } from "../../sriov/vf/give-back.ts";
import { failpoint } from "../store/failpoint.ts";
import type { VfAttachmentRecord } from "../store/records.ts";
import { type Removal, withRelease } from "./ipam.ts";
import type { Parts } from "./parts.ts";
import { runSteps } from "./steps.ts";

const FIRST = 2;

/**
 * DEL of mode vf in numbered steps: 1 journal removing, 2 giveBack, 3 journal removed;
 * withRelease() says where ipamDel comes. Nothing that is missing already is an error. When a step
 * fails the record stays and the VF is nobody else's, so that a repeated DEL or the reconciler goes
 * on from there.
 * The caller holds the lock of the attachment.
 * @throws StepError | JournalError
 */
export async function removeVfAttachment(
  parts: Parts,
  record: VfAttachmentRecord,
  removal: Removal = {},
): Promise<void> {
  const { journal, vfs, lost } = parts;
  failpoint("del.1");
  await journal.removing(record);
  failpoint("del.1.done");
  const giveBack = { name: "giveBack", run: () => restore(parts, record) };
  const steps = withRelease(parts, record, removal, [giveBack]);
  await runSteps("del", FIRST, steps);
  failpoint(`del.${FIRST + steps.length}`);
  await journal.removed(record);
  vfs.release(record.vf);
  lost.delete(record.vf.owner);
  failpoint(`del.${FIRST + steps.length}.done`);
}

async function restore({ vfs, log }: Parts, { vf }: VfAttachmentRecord): Promise<void> {
  const { address, owner: attachment } = vf;
  try {
    const given = await giveBack(vfs.life, vf, {
      holds: (record) => vfs.holds(record),
      bootId: vfs.bootId,
    });
    log.debug({ attachment, vf: address, ...given }, "gave a VF back");
    tellLosses(log, vf, given);
  } catch (error) {
    vfs.setStuck(address, `it could not be given back: ${said(error)}`);
    throw error;
  }
}

function tellLosses(
  log: Parts["log"],
  { address, owner }: VfAttachmentRecord["vf"],
  { lostAltNames }: GivenBack,
): void {
  if (lostAltNames.length === 0) return;
  const fields = { attachment: owner, vf: address, lostAltNames };
  log.warn(
    fields,
    "alternative names of a VF are gone: its pod or the end of its namespace took them",
  );
}
