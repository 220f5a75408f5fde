import type { KernelFdbEntry, KernelNeighbour, KernelVxlan } from "../dataplane/native.ts";
import type { EvpnKernel } from "./evpn-options.ts";

// Entries as the addon reads them; kernel tests have the real ones.

export const VXLAN: KernelVxlan = {
  ...{ ifindex: 4, vni: 100, udpPort: 4789, local: "192.0.2.1", external: false },
  ...{ bridge: "br0", bridgeIfindex: 3, bridgeMac: "02:00:00:00:00:01", table: 254 },
};

const NOTHING = { vlan: 0, bridge: false, destination: "", vni: 0, udpPort: 0, nexthop: 0 };
const LEARNED = { permanent: false, fixed: false, external: true };

export function fdbEntry(
  mac: string,
  destination: string,
  more: Partial<KernelFdbEntry> = {},
): KernelFdbEntry {
  return { ...NOTHING, ...LEARNED, mac, destination, ...more };
}

export const flood = (destination: string, more: Partial<KernelFdbEntry> = {}): KernelFdbEntry =>
  fdbEntry("00:00:00:00:00:00", destination, { permanent: true, external: false, ...more });

export const neighbour = (
  address: string,
  mac: string,
  more: Partial<KernelNeighbour> = {},
): KernelNeighbour => ({ address, mac, external: true, own: false, ...more });

/** A kernel with the device above, empty, but for what is given. */
export const kernelWith = (parts: Partial<EvpnKernel>): EvpnKernel => ({
  listLinks: async () => [],
  deleteLink: async () => false,
  describeKernelVxlan: async () => VXLAN,
  listKernelFdb: async () => [],
  listKernelNeighbours: async () => [],
  listKernelRoutes: async () => [],
  setKernelFdb: async () => {},
  removeKernelFdb: async () => false,
  setKernelNeighbour: async () => {},
  removeKernelNeighbour: async () => false,
  ensureBridgePort: async () => ({ ifindex: 9, kind: "dummy" }),
  ...parts,
});

/** An error as the addon throws it. */
export const kernelError = (code: string) => Object.assign(new Error(code), { code });
