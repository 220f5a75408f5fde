import { isDeepStrictEqual } from "node:util";
import type { VfAttachment, VfAttachRequest } from "../../cni/attacher.ts";
import { checkVf } from "../../sriov/vf/check.ts";
import type { StoredAttachment, VfAttachmentRecord } from "../store/records.ts";
import { existsAlready } from "./cni-errors.ts";
import type { Parts } from "./parts.ts";
import { isSameCall } from "./same-call.ts";

/**
 * A second ADD without DEL between, which is an error unless it asks for just what is there.
 * @throws CniError 4
 */
export async function repeatedVf(
  { vfs }: Parts,
  request: VfAttachRequest,
  { record, state }: Pick<StoredAttachment, "record" | "state">,
): Promise<VfAttachment> {
  if (state === "attached" && record.mode === "vf" && sameWishes(request, record)) {
    if ((await checkVf(vfs.life, record.vf)).length === 0) return record;
  }
  throw existsAlready(`${request.containerId}:${request.ifname}`, { record, state });
}

function sameWishes(request: VfAttachRequest, record: VfAttachmentRecord): boolean {
  return (
    isSameCall(request, record) &&
    (request.device ?? record.vf.address) === record.vf.address &&
    isDeepStrictEqual(request.knobs, record.vf.knobs)
  );
}
