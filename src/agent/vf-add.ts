import type { VfAttachRequest } from "../../cni/attacher.ts";
import { findPlugin } from "../../cni/ipam/find.ts";
import { announceVf } from "../../sriov/vf/announce.ts";
import { attachSteps } from "../../sriov/vf/attach.ts";
import { briefly, type VfParts } from "../../sriov/vf/parts.ts";
import { runOrUndo, type UndoableStep } from "../../sriov/vf/steps.ts";
import { failpoint } from "../store/failpoint.ts";
import { attachmentKey, bareAddresses, type VfAttachmentRecord } from "../store/records.ts";
import { outcomeOf, type Removal } from "./ipam.ts";
import { vfAddressing } from "./ipam-addressing.ts";
import { askStep, type Book } from "./ipam-ask.ts";
import type { Parts } from "./parts.ts";
import { removeVfAttachment } from "./vf-del.ts";
import { networkOfVf, planVfAttachment, type VfChoice } from "./vf-plan.ts";

/**
 * ADD of mode vf in numbered steps: 1 take a VF and plan, 2 journal begin, 3 and on what
 * attachSteps() says and `configurePod`, then journal commit. When one fails, those before it are
 * undone in reverse, and the VF is compared with what it was. The caller holds the lock of the
 * attachment, and the journal does not know it yet.
 * @throws PoolError | VfError | UndoableStepError | IpamError | JournalError | CniError
 */
export async function addVfAttachment(
  parts: Parts,
  request: VfAttachRequest,
): Promise<VfAttachmentRecord> {
  const { vfs } = parts;
  const network = networkOfVf(parts, request.network);
  const owner = attachmentKey(request.containerId, request.ifname);
  failpoint("add.1");
  if (request.ipam) await findPlugin(request.ipam);
  const taken = await vfs.acquire(owner, request);
  const release = () => vfs.release({ ...taken, owner });
  return await attach(parts, { network, request, taken }, release);
}

/** @param release gives the VF back while the journal does not know of it */
async function attach(
  parts: Parts,
  choice: VfChoice,
  release: () => void,
): Promise<VfAttachmentRecord> {
  const { journal } = parts;
  const life = briefly(parts.vfs.life);
  let begun: VfAttachmentRecord | null = null;
  try {
    const record = await planVfAttachment(parts, life, choice);
    failpoint("add.1.done");
    failpoint("add.2");
    const beginning = journal.begin(record);
    begun = record;
    await beginning;
    failpoint("add.2.done");
    const book = { record };
    await runOrUndo(numbered(parts, life, book));
    failpoint("add.commit");
    await journal.commit(book.record);
    failpoint("add.commit.done");
    void announce(parts, book.record);
    return book.record;
  } catch (error) {
    if (begun) await undo(parts, begun, { adding: outcomeOf(error) });
    else release();
    throw error;
  }
}

const FIRST = 3;

function numbered(parts: Parts, life: VfParts, book: Book<VfAttachmentRecord>): UndoableStep[] {
  const { record } = book;
  const steps = [...attachSteps(life, record.vf), ...addressSteps(parts, book)];
  return steps.map(({ name, run, undo }, i) => ({
    name,
    undo,
    run: async () => {
      failpoint(`add.${FIRST + i}`);
      await run();
      failpoint(`add.${FIRST + i}.done`);
      parts.journal.step(record, name);
    },
  }));
}

// Addresses go when the netdev leaves the pod; removeVfAttachment() tells the IPAM plugin.
function addressSteps(parts: Parts, book: Book<VfAttachmentRecord>): UndoableStep[] {
  const { ipam, vf, addresses } = book.record;
  const undo = async () => {};
  const configure = () => configurePod(parts, book.record);
  return [
    ...(ipam ? [{ ...askStep(parts, book, vfAddressing), undo }] : []),
    ...(vf.netdev && (ipam || addresses.length > 0)
      ? [{ name: "configurePod", run: configure, undo }]
      : []),
  ];
}

async function configurePod({ native }: Parts, record: VfAttachmentRecord): Promise<void> {
  const { netns, ifname, routes } = record;
  const addresses = record.addresses.map(({ address }) => address);
  await native.configurePod({ netns, ifname, addresses, gateways: [], routes });
}

// Nobody waits for it: a link takes its time to come up, and the pod may be gone by then.
async function announce({ vfs, log }: Parts, record: VfAttachmentRecord): Promise<void> {
  const { vf } = record;
  if (vf.netdev === null) return;
  const failures = await announceVf(vfs.life, vf, bareAddresses(record));
  for (const failure of failures) log.debug({ attachment: vf.owner }, failure);
}

/** What cannot be undone now stays in the journal, and the reconciler comes back to it. */
async function undo(parts: Parts, record: VfAttachmentRecord, removal: Removal): Promise<void> {
  const { journal, log, vfs } = parts;
  const attachment = record.vf.owner;
  if (!journal.attachments.has(attachment)) return vfs.release(record.vf);
  try {
    await removeVfAttachment(parts, record, removal);
  } catch (err) {
    log.error({ attachment, err }, "a failed ADD could not be undone yet");
  }
}
