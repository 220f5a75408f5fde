import type { Attacher } from "./attacher.ts";
import type { CniRequest } from "./request.ts";

/**
 * GC: detaches what this network configuration added and the runtime no longer knows (CNI spec
 * 1.1.0, section 2).
 */
export async function gc(request: CniRequest, attacher: Attacher): Promise<string> {
  await attacher.collect(request.configName, request.validAttachments);
  return "";
}
