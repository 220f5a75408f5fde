import type { Attacher } from "./attacher.ts";
import type { CniRequest } from "./request.ts";

/**
 * DEL: releases everything of one attachment. Needs neither network namespace nor prevResult, and
 * succeeds when there is nothing to release (CNI spec 1.1.0, section 2).
 */
export async function del(request: CniRequest, attacher: Attacher): Promise<string> {
  const { containerId, ifname, netns, ipam } = request;
  if (ipam === null) await attacher.detach(containerId, ifname);
  else await attacher.detach(containerId, ifname, { ...ipam, netns });
  return "";
}
