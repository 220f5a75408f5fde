import { isErrno } from "./evpn-errors.ts";
import { type EvpnFabricOptions, type EvpnKernel, vxlanOfAlias } from "./evpn-options.ts";

/**
 * Removes our ports, and the neighbours that we made, of VXLAN devices that are not configured (any
 * more). To be called with no devices when another driver is.
 * @throws Error of the kernel; the next call does the rest
 */
export async function sweepEvpn(
  kernel: EvpnKernel,
  { devices }: EvpnFabricOptions,
): Promise<string[]> {
  const configured = new Set(devices.map(({ vxlan }) => vxlan));
  const bridges = new Set<string>();
  for (const name of configured) {
    bridges.add(await bridgeOf(kernel, name));
  }
  const swept: string[] = [];
  for (const { name, alias, kind } of await kernel.listLinks()) {
    const vxlan = vxlanOfAlias(alias);
    if (vxlan !== null && !configured.has(vxlan)) {
      if (await kernel.deleteLink(name, alias)) swept.push(name);
    }
    if (kind === "bridge" && !bridges.has(name)) await sweepNeighbours(kernel, name);
  }
  return swept;
}

/** "" when there is no such VXLAN device, or it is in none. */
async function bridgeOf(kernel: EvpnKernel, name: string): Promise<string> {
  try {
    return (await kernel.describeKernelVxlan(name))?.bridge ?? "";
  } catch (error) {
    // Of another kind of device. What fails in passing must not look like that.
    if (isErrno(error, "EINVAL")) return "";
    throw error;
  }
}

async function sweepNeighbours(kernel: EvpnKernel, bridge: string): Promise<void> {
  try {
    for (const { address, own } of await kernel.listKernelNeighbours(bridge)) {
      if (own) await kernel.removeKernelNeighbour(bridge, address);
    }
  } catch (error) {
    if (!isErrno(error, "ENODEV")) throw error;
  }
}
