import type { Attacher } from "./attacher.ts";
import { CNI_ERROR, CniError } from "./errors.ts";
import type { CniRequest } from "./request.ts";

/**
 * STATUS: succeeds when ADD can be served (CNI spec 1.1.0, section 2).
 * @throws CniError 50 when not, 51 when existing pods may have lost connectivity as well
 */
export async function status(request: CniRequest, attacher: Attacher): Promise<string> {
  const { ready, degraded, reason } = await attacher.status(request.network);
  if (ready) return "";
  const code = degraded ? CNI_ERROR.limitedConnectivity : CNI_ERROR.notAvailable;
  throw new CniError(code, `network ${request.network} cannot take pods now`, reason);
}
