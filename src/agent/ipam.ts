import type { AttachmentId, IpamRelease } from "../../cni/attacher.ts";
import type { IpamCall } from "../../cni/ipam/call.ts";
import { type IpamOutcome, IpamPluginError } from "../../cni/ipam/error.ts";
import { ipamTell } from "../../cni/ipam/plugin.ts";
import { isNetns } from "../../cni/netns.ts";
import { type AttachmentRecord, attachmentKey } from "../store/records.ts";
import type { Parts } from "./parts.ts";
import { causeOf, type Step } from "./steps.ts";

/** Whether a plugin asks for addresses over the pod's own link, which must be in service then. */
export const asksOverLink = ({ ipam }: { ipam?: IpamCall }): boolean => ipam?.type === "dhcp";

/** How an attachment is removed, as far as its IPAM plugin is concerned. */
export interface Removal {
  /** What the runtime says now, with the result of ADD. */
  ipam?: IpamCall | undefined;
  /** What the plugin made of an ADD that is being undone; null when that has not failed. */
  adding?: IpamOutcome | null;
}

/**
 * What takes an attachment away, with the step that gives its addresses back to the IPAM plugin. They
 * go to another pod then, so they come after the rest; a plugin that asked over the link says
 * good-bye over it. What it cannot do keeps nothing from going, but fails in the end.
 */
export function withRelease(
  parts: Parts,
  record: AttachmentRecord,
  removal: Removal,
  tearDown: readonly Step[],
): Step[] {
  const { ipam } = record;
  if (!ipam || removal.adding === "not-run") return [...tearDown];
  const name = "ipamDel";
  const run = () => release(parts, record, ipam, removal);
  if (!asksOverLink(record)) return [...tearDown, { name, run }];
  let failure: Error | null = null;
  const sayGoodBye = async () => {
    await run().catch((error: Error) => {
      failure = error;
    });
  };
  const tellFailure = async () => {
    if (failure) throw failure;
  };
  return [{ name, run: sayGoodBye }, ...tearDown, { name, run: tellFailure }];
}

async function release(
  { log }: Parts,
  record: AttachmentRecord,
  stored: IpamCall,
  { ipam: said, adding }: Removal,
): Promise<void> {
  const { containerId, ifname, netns } = record;
  // Of a configuration that was changed since, the one that ADD had knows where the address is.
  const call = said && storeOf(said) === storeOf(stored) ? said : stored;
  try {
    await ipamTell("DEL", call, { containerId, ifname, netns: await ifThere(netns) });
  } catch (error) {
    if (adding !== "refused" || !wasAnswered(error)) throw error;
    const attachment = attachmentKey(containerId, ifname);
    log.warn({ attachment, err: error }, "an IPAM plugin refused ADD and DEL: it has nothing");
  }
}

// By these two keys plugins find what they have reserved.
function storeOf({ config }: IpamCall): string {
  const { name, ipam } = JSON.parse(config);
  return JSON.stringify([name, ipam]);
}

const ifThere = async (netns: string): Promise<string> => ((await isNetns(netns)) ? netns : "");

const wasAnswered = (error: unknown): boolean =>
  error instanceof IpamPluginError && error.outcome !== "unknown";

/**
 * Delivers DEL to the plugin that a call names for an attachment that nobody knows: a journal was
 * lost, or ADD was refused before it began. A plugin that is not there or refuses has nothing of
 * it as far as anybody can know, and must not keep a pod from going.
 * @throws IpamPluginError when it comes to no answer
 */
export async function releaseUnknown(
  { log }: Parts,
  id: AttachmentId,
  { netns, ...call }: IpamRelease,
): Promise<void> {
  try {
    await ipamTell("DEL", call, { ...id, netns: await ifThere(netns) });
  } catch (error) {
    if (!wasAnswered(error)) throw error;
    const attachment = attachmentKey(id.containerId, id.ifname);
    log.warn({ attachment, err: error }, "an IPAM plugin refused DEL of an unknown attachment");
  }
}

/** What the plugin made of an ADD that failed; null when the failure was another's. */
export function outcomeOf(error: unknown): IpamOutcome | null {
  const cause = causeOf(error);
  return cause instanceof IpamPluginError ? cause.outcome : null;
}
