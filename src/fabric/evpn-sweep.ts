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
    const device = await kernel.describeKernelVxlan(name).catch(() => null);
    if (device !== null) bridges.add(device.bridge);
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

async function sweepNeighbours(kernel: EvpnKernel, bridge: string): Promise<void> {
  try {
    for (const { address, own } of await kernel.listKernelNeighbours(bridge)) {
      if (own) await kernel.removeKernelNeighbour(bridge, address);
    }
  } catch (error) {
    if (!isErrno(error, "ENODEV")) throw error;
  }
}
