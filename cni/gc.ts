import type { Attacher } from "./attacher.ts";
import type { IpamCall } from "./ipam/call.ts";
import { ipamAsk, ipamVersions } from "./ipam/plugin.ts";
import type { CniRequest } from "./request.ts";
import type { CniVersion } from "./versions.ts";

/**
 * GC: detaches what this network configuration added and the runtime no longer knows, then has the
 * IPAM plugin do the same, also when not everything could be detached (CNI spec 1.1.0, section 2).
 * @throws CniError for what could not be detached, else for what the plugin could not do
 */
export async function gc(request: CniRequest, attacher: Attacher): Promise<string> {
  const { configName, validAttachments, ipam, version } = request;
  const failures: unknown[] = [];
  const note = (error: unknown) => void failures.push(error);
  await attacher.collect(configName, validAttachments).catch(note);
  if (ipam) await collectAddresses(ipam, version).catch(note);
  if (failures.length > 0) throw failures[0];
  return "";
}

// A plugin of a version without GC has missed nothing: its DEL was called for each attachment that
// went.
async function collectAddresses(ipam: IpamCall, version: CniVersion): Promise<void> {
  if ((await ipamVersions(ipam)).includes(version)) await ipamAsk("GC", ipam);
}
