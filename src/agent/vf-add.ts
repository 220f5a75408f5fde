import type { VfAttachRequest } from "../../cni/attacher.ts";
import { announceVf } from "../../sriov/vf/announce.ts";
import { attachSteps } from "../../sriov/vf/attach.ts";
import { briefly, type VfParts } from "../../sriov/vf/parts.ts";
import { runOrUndo, type UndoableStep } from "../../sriov/vf/steps.ts";
import type { Network } from "../networks/network.ts";
import { failpoint } from "../store/failpoint.ts";
import { attachmentKey, bareAddresses, type VfAttachmentRecord } from "../store/records.ts";
import type { Parts } from "./parts.ts";
import { removeVfAttachment } from "./vf-del.ts";
import { networkOfVf, planVfAttachment } from "./vf-plan.ts";
import type { VfTaken } from "./vfs.ts";

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
  const taken = await vfs.acquire(owner, request);
  const release = () => vfs.release({ ...taken, owner });
  return await attach(parts, network, request, taken, release);
}

async function attach(
  parts: Parts,
  network: Network | null,
  request: VfAttachRequest,
  taken: VfTaken,
  release: () => void,
): Promise<VfAttachmentRecord> {
  const { journal } = parts;
  const life = briefly(parts.vfs.life);
  let begun: VfAttachmentRecord | null = null;
  try {
    const record = await planVfAttachment(parts, life, { network, request, taken });
    failpoint("add.1.done");
    failpoint("add.2");
    const beginning = journal.begin(record);
    begun = record;
    await beginning;
    failpoint("add.2.done");
    await runOrUndo(numbered(parts, life, record));
    failpoint("add.commit");
    await journal.commit(record);
    failpoint("add.commit.done");
    void announce(parts, record);
    return record;
  } catch (error) {
    if (begun) await undo(parts, begun);
    else release();
    throw error;
  }
}

const FIRST = 3;

function numbered(parts: Parts, life: VfParts, record: VfAttachmentRecord): UndoableStep[] {
  const steps = [...attachSteps(life, record.vf), ...addressSteps(parts, record)];
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

// Addresses go when the netdev leaves the pod.
function addressSteps({ native }: Parts, record: VfAttachmentRecord): UndoableStep[] {
  const { netns, ifname, routes, vf } = record;
  const addresses = record.addresses.map(({ address }) => address);
  if (vf.netdev === null || addresses.length === 0) return [];
  const pod = { netns, ifname, addresses, gateways: [], routes };
  const run = () => native.configurePod(pod);
  return [{ name: "configurePod", run, undo: async () => {} }];
}

// Nobody waits for it: a link takes its time to come up, and the pod may be gone by then.
async function announce({ vfs, log }: Parts, record: VfAttachmentRecord): Promise<void> {
  const { vf } = record;
  if (vf.netdev === null) return;
  const failures = await announceVf(vfs.life, vf, bareAddresses(record));
  for (const failure of failures) log.debug({ attachment: vf.owner }, failure);
}

/** What cannot be undone now stays in the journal, and the reconciler comes back to it. */
async function undo(parts: Parts, record: VfAttachmentRecord): Promise<void> {
  const { journal, log, vfs } = parts;
  const attachment = record.vf.owner;
  if (!journal.attachments.has(attachment)) return vfs.release(record.vf);
  try {
    await removeVfAttachment(parts, record);
  } catch (err) {
    log.error({ attachment, err }, "a failed ADD could not be undone yet");
  }
}
