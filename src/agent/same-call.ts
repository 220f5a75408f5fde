import type { AttachRequest } from "../../cni/attacher.ts";
import { type AttachmentRecord, bareAddresses } from "../store/records.ts";

/**
 * Whether a second ADD without DEL between names the same place, network and configuration, and no
 * address that the attachment does not have.
 */
export function isSameCall(
  request: Pick<AttachRequest, "netns" | "network" | "configName" | "ips" | "ipam">,
  record: AttachmentRecord,
): boolean {
  const addresses = bareAddresses(record);
  return (
    request.netns === record.netns &&
    request.network === record.network &&
    request.configName === record.configName &&
    request.ipam?.type === record.ipam?.type &&
    (request.ips ?? []).every((ip) => addresses.includes(ip))
  );
}
