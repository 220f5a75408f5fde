import { formatAddress, parseAddress } from "../networks/ip.ts";
import type { EvpnDevice } from "./evpn-device.ts";
import type { FabricNode } from "./fabric.ts";

export interface Stations {
  /** IP addresses by MAC address, as the kernel writes them. */
  readonly stations: ReadonlyMap<string, readonly string[]>;
  /** What keeps others from reaching us. */
  readonly doubts: { key: string; reason: string }[];
}

/** What of our node is to be announced by way of this device. */
export function stationsFor(own: FabricNode, { name, vxlan }: EvpnDevice): Stations {
  const stations = new Map<string, string[]>();
  const doubts: Stations["doubts"] = [];
  const doubt = (reason: string) => doubts.push({ key: name, reason });
  const { vni, udpPort, local, bridge, bridgeMac } = vxlan;
  const vtep = own.vteps.find((one) => one.udpPort === udpPort);
  if (vtep?.address4 !== local && vtep?.address6 !== local) {
    doubt(`no VTEP here has its local address ${local} and UDP port ${udpPort}`);
  }
  const network = own.networks.find((one) => one.vni === vni && one.udpPort === udpPort);
  if (!network) doubt(`no network here has its VNI ${vni} and UDP port ${udpPort}`);
  const { mac: router = "", endpoints = [] } = network ?? {};
  if (router !== "") {
    // What a routed network has is announced as prefixes, with the MAC address of the bridge.
    if (router === bridgeMac) return { stations, doubts };
    const remedy = `ip link set ${bridge} address ${router}`;
    doubt(`its bridge has MAC address ${bridgeMac}, our VTEP has ${router} there: ${remedy}`);
    return { stations, doubts };
  }
  for (const { mac, addresses } of endpoints) {
    if (mac !== "") stations.set(mac.toLowerCase(), addresses.map(canonical));
  }
  return { stations, doubts };
}

const canonical = (address: string): string => formatAddress(parseAddress(address));
