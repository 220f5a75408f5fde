import type { Dataplane, VtepRequest } from "../dataplane/dataplane.ts";
import type { Network } from "../networks/network.ts";
import { VtepMacs } from "../store/vtep-macs.ts";

/**
 * Makes the VTEPs and connects the networks that have a VNI. Nobody is a peer yet: that is the
 * fabric's to say.
 * @param networks of the configuration, in the dataplane already
 * @throws Error naming the file when the MAC addresses of the VTEPs can be neither read nor kept
 */
export async function addVteps(
  dataplane: Dataplane,
  stateDir: string,
  vteps: readonly VtepRequest[],
  networks: readonly Network[],
): Promise<void> {
  const overlays = networks.flatMap(({ name, mtu, overlay }) =>
    overlay ? [{ name, mtu, ...overlay }] : [],
  );
  const names = overlays.map(({ name }) => name);
  const macs = names.length > 0 ? await VtepMacs.open(stateDir).ensure(names) : new Map();
  for (const vtep of vteps) await dataplane.addVtep(vtep);
  for (const { name, ...vni } of overlays) {
    await dataplane.addVni(name, { ...vni, mac: macs.get(name) ?? "" });
  }
}
