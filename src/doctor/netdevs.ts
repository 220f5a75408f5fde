import { readlinkSync } from "node:fs";
import { basename, join } from "node:path";
import type { HostLink } from "../dataplane/native.ts";
import { maxMtu } from "../networks/mtu.ts";
import { type Finding, ok, warning } from "./finding.ts";
import { type DoctorHost, type DoctorNative, isOwnLink } from "./host.ts";

/**
 * What drivers usually offer, for kernels that do not tell (before 6.3). A hint for people only:
 * the mode of a port is probed, never taken from here.
 */
const USUAL: Readonly<Record<string, string>> = {
  veth: "native XDP, copy mode",
  mlx5_core: "native XDP, zero-copy",
  gve: "native XDP, zero-copy",
  virtio_net: "native XDP, zero-copy since Linux 6.11",
  "virtio-pci": "native XDP, zero-copy since Linux 6.11",
  i40e: "native XDP, zero-copy",
  ice: "native XDP, zero-copy",
  igb: "native XDP, zero-copy since Linux 6.14",
  igc: "native XDP, zero-copy",
  ixgbe: "native XDP, zero-copy",
  ixgbevf: "native XDP, copy mode",
  iavf: "generic XDP only",
  igbvf: "generic XDP only",
};

/** Every link of this network namespace: driver, XDP features, foreign programs, MTU. */
export async function checkNetdevs(host: DoctorHost): Promise<Finding[]> {
  if (host.native === null) return [];
  const features = await readFeatures(host.native);
  const links = (await host.native.listLinks()).filter(
    (link) => link.name !== "lo" && !isOwnLink(link),
  );
  return links.flatMap((link) => [
    describe(host, link, features.get(link.ifindex)),
    ...foreignProgram(link),
    ...mtuFinding(host, link),
  ]);
}

/** By ifindex, without the links that the kernel cannot tell about. */
async function readFeatures(native: DoctorNative): Promise<Map<number, string[]>> {
  const known = (await native.netdevFeatures()).filter((netdev) => netdev.known);
  return new Map(known.map(({ ifindex, features }) => [ifindex, features]));
}

function describe(host: DoctorHost, link: HostLink, features: string[] | undefined): Finding {
  const driver = driverOf(host.sys, link);
  const found =
    features === undefined
      ? usual(driver)
      : `${expectation(features)} (${features.join(", ") || "no XDP features"})`;
  return ok(link.name, `${driver}, MTU ${link.mtu}, ${link.up ? "up" : "down"}: ${found}`);
}

/** What a driver lets one expect, in words; also one of VFs. */
export function usual(driver: string): string {
  const known = USUAL[driver];
  return known === undefined ? "the mode is probed when it becomes a port" : `usually ${known}`;
}

/** What the features of the netdev netlink family let one expect. */
export function expectation(features: readonly string[]): string {
  if (!features.includes("basic")) return "generic XDP only";
  if (!features.includes("redirect")) return "native XDP without redirect, so generic mode";
  return features.includes("xsk-zerocopy") ? "native XDP, zero-copy" : "native XDP, copy mode";
}

/** Name of the driver; for virtual links the kind, e.g. "veth". */
function driverOf(sys: string, link: HostLink): string {
  try {
    return basename(readlinkSync(join(sys, "class/net", link.name, "device/driver")));
  } catch {
    return link.kind || "no driver";
  }
}

function foreignProgram({ name, xdpProgram }: HostLink): Finding[] {
  if (xdpProgram === 0) return [];
  const text = `XDP program ${xdpProgram} of another owner is attached; Millrace leaves it alone`;
  const remedy = `to use the link, stop its owner ("bpftool prog show id ${xdpProgram}" tells more)`;
  return [warning(name, text, remedy)];
}

function mtuFinding({ config }: DoctorHost, { name, mtu, kind }: HostLink): Finding[] {
  const { frameSize, mode } = config.dataplane;
  const limit = maxMtu(frameSize, mode === "generic" || kind !== "veth");
  if (mtu <= limit.mtu) return [];
  const text = `MTU ${mtu} exceeds ${limit.mtu}, what a frame holds (${limit.because})`;
  const bigger = frameSize < 4096 ? 'set "dataplane.frameSize" to 4096, or ' : "";
  return [warning(name, text, `as a port: ${bigger}lower the MTU of the link`)];
}
