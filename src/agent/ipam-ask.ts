import { CNI_ERROR, CniError } from "../../cni/errors.ts";
import type { IpamCall } from "../../cni/ipam/call.ts";
import { ipamAdd } from "../../cni/ipam/plugin.ts";
import type { CniResult } from "../../cni/result.ts";
import { failpoint } from "../store/failpoint.ts";
import {
  type Addressing,
  type AttachmentRecord,
  attachmentKey,
  bareAddresses,
} from "../store/records.ts";
import type { Parts } from "./parts.ts";
import type { Step } from "./steps.ts";

/** The record of an attachment that is being added, as it is so far. */
export interface Book<T extends AttachmentRecord> {
  record: T;
}

/** Makes of a plugin's result what the pod gets. @throws CniError for what it cannot have */
type Choose = (type: string, given: CniResult) => Addressing;

/**
 * The step in which the IPAM plugin of an attachment gives addresses, which the book has then.
 * It fails with IpamPluginError, or with CniError for what cannot be used.
 */
export function askStep<T extends AttachmentRecord>(
  parts: Parts,
  book: Book<T>,
  choose: Choose,
): Step {
  const run = async () => {
    book.record = await askForAddresses(parts, book.record, choose);
  };
  return { name: "ipamAdd", run };
}

/**
 * Has the IPAM plugin of an attachment give addresses. The journal knows of the plugin before, and
 * of the addresses in the same turn of the event loop in which they were seen to be free.
 * @returns the record with the addresses
 * @throws IpamPluginError | CniError for what cannot be used
 */
async function askForAddresses<T extends AttachmentRecord>(
  parts: Parts,
  record: T,
  choose: Choose,
): Promise<T> {
  const { ipam, containerId, ifname, netns } = record;
  if (!ipam) return record;
  const given = await ipamAdd(ipam, { containerId, ifname, netns });
  failpoint("ipam.added");
  const addressing = choose(ipam.type, given);
  requireFree(parts, record, ipam, addressing);
  return parts.journal.addressed(record, addressing);
}

function requireFree(
  { journal }: Parts,
  record: AttachmentRecord,
  { type }: IpamCall,
  addressing: Addressing,
): void {
  const own = attachmentKey(record.containerId, record.ifname);
  const wanted = new Set(bareAddresses(addressing));
  for (const [holder, { record: other, state }] of journal.attachments) {
    if (holder === own || record.network === "" || other.network !== record.network) continue;
    const taken = bareAddresses(other).find((address) => wanted.has(address));
    if (taken === undefined) continue;
    const msg = `IPAM plugin ${type} gave the address ${taken}, which attachment ${holder} has`;
    const passing = state === "removing";
    const code = passing ? CNI_ERROR.tryAgainLater : CNI_ERROR.invalidConfig;
    const remedy = "leave addresses of the network to one IPAM plugin, or to the network alone";
    throw new CniError(code, msg, passing ? "it is being removed" : remedy);
  }
}
