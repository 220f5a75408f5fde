import type { Attacher } from "./attacher.ts";
import { CNI_ERROR, CniError } from "./errors.ts";
import type { IpamCall } from "./ipam/call.ts";
import { ipamAsk, ipamVersions } from "./ipam/plugin.ts";
import type { CniRequest } from "./request.ts";

/**
 * STATUS: succeeds when ADD can be served, by the IPAM plugin too (CNI spec 1.1.0, section 2).
 * @throws CniError 50 when not, 51 when existing pods may have lost connectivity as well
 */
export async function status(request: CniRequest, attacher: Attacher): Promise<string> {
  const { ready, degraded, reason } = await attacher.status(
    request.network,
    request.vf?.pool ?? "",
  );
  if (!ready) throw notReady(request, degraded, reason);
  if (request.ipam) await askPlugin(request, request.ipam);
  return "";
}

async function askPlugin(request: CniRequest, ipam: IpamCall): Promise<void> {
  await requireVersion(request, ipam)
    .then(() => ipamAsk("STATUS", ipam))
    .catch((error: unknown) => {
      if (!(error instanceof CniError)) throw error;
      const degraded = error.code === CNI_ERROR.limitedConnectivity;
      throw notReady(request, degraded, `${error.message}${error.details && `: ${error.details}`}`);
    });
}

// One of an older version would not serve ADD either, and says so in words of no use.
async function requireVersion({ version }: CniRequest, ipam: IpamCall): Promise<void> {
  const versions = await ipamVersions(ipam);
  if (versions.includes(version)) return;
  const msg = `IPAM plugin ${ipam.type} speaks ${versions.join(", ")}, not cniVersion ${version}`;
  throw new CniError(CNI_ERROR.incompatibleVersion, msg, "install a newer one of it");
}

function notReady({ network }: CniRequest, degraded: boolean, reason: string): CniError {
  const code = degraded ? CNI_ERROR.limitedConnectivity : CNI_ERROR.notAvailable;
  return new CniError(code, `network ${network} cannot take pods now`, reason);
}
