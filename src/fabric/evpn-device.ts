import type {
  KernelFdbEntry,
  KernelGatewayRoute,
  KernelNeighbour,
  KernelVxlan,
} from "../dataplane/native.ts";
import { ANY_MAC, type EvpnKernel } from "./evpn-options.ts";

/** What the kernel has of one overlay network. */
export interface EvpnDevice {
  readonly name: string;
  readonly vxlan: KernelVxlan;
  /** Of the device itself, not of its bridge. */
  readonly fdb: readonly KernelFdbEntry[];
  /** Of the bridge. */
  readonly neighbours: readonly KernelNeighbour[];
  /** Through the bridge. */
  readonly routes: readonly KernelGatewayRoute[];
}

/**
 * Reads a VXLAN device and its bridge, all of it or nothing.
 * @param before of the last reading; null for none
 * @throws Error saying what the device lacks, or what of it could not be read
 */
export async function readDevice(
  kernel: EvpnKernel,
  name: string,
  before: EvpnDevice | null,
): Promise<EvpnDevice> {
  const vxlan = await kernel.describeKernelVxlan(name);
  if (vxlan === null) throw new Error(`${name}: there is no such VXLAN device`);
  const lacks = whatLacks(vxlan);
  if (lacks !== "") throw new Error(`${name}: ${lacks}`);
  const { bridge, table } = vxlan;
  const known = before?.vxlan.ifindex === vxlan.ifindex ? before : null;
  const fdb = await readSurely(() => readFdb(kernel, name), known?.fdb ?? [], placeOf);
  const neighbours = await readSurely(
    () => kernel.listKernelNeighbours(bridge),
    known?.neighbours ?? [],
    ({ address }) => address,
  );
  const routes = await kernel.listKernelRoutes(bridge, table);
  return { name, vxlan, fdb, neighbours, routes };
}

async function readFdb(kernel: EvpnKernel, name: string): Promise<KernelFdbEntry[]> {
  return (await kernel.listKernelFdb(name)).filter((entry) => !entry.bridge);
}

/** A flood entry is one of several with the same MAC address. */
const placeOf = ({ mac, destination }: KernelFdbEntry): string =>
  mac === ANY_MAC ? `${mac} ${destination}` : mac;

/**
 * The kernel goes on by position after each part of a long answer: if an entry was removed in the
 * meantime, another is passed over without a word. So what is missing must be missing twice.
 */
async function readSurely<T>(
  read: () => Promise<T[]>,
  before: readonly T[],
  keyOf: (entry: T) => string,
): Promise<T[]> {
  const first = await read();
  const keys = new Set(first.map(keyOf));
  if (before.every((entry) => keys.has(keyOf(entry)))) return first;
  const second = await read();
  const again = new Set(second.map(keyOf));
  return [...second, ...first.filter((entry) => !again.has(keyOf(entry)))];
}

function whatLacks({ external, local, bridge }: KernelVxlan): string {
  if (external) return "has no VNI of its own; one device per VNI is followed";
  if (local === "") return 'has no local address; create it with "local" and the VTEP address';
  if (bridge === "") return "is in no bridge; put it into one with: ip link set … master BRIDGE";
  return "";
}
