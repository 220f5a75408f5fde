import type { CniRequest } from "./request.ts";
import { SUPPORTED_VERSIONS } from "./versions.ts";

/** VERSION; the executable answers it alone, so that it works without an agent. */
export async function version(request: CniRequest): Promise<string> {
  return JSON.stringify({
    cniVersion: request.version,
    supportedVersions: SUPPORTED_VERSIONS,
  });
}
