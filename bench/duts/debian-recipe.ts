import { createHash } from "node:crypto";
import { atLeast } from "../../src/setup/host.mjs";

/** The suite with both programs; what is unpacked from it stays as it is until it is deleted. */
export const suite = "sid";

/** Programs that the machine's own Debian lacks or has too old, with the least version that does. */
export const programs = {
  /** xdp-forward came with 1.5; xdp-bench of 1.3 does not load into a kernel of these days. */
  "xdp-tools": [1, 5],
  /** VXLAN came with 0.15. */
  grout: [0, 15],
} as const;

export type DebianPackage = keyof typeof programs;

/** What grout loads by itself: the driver, its bus, its buffers, and a bus that it switches off. */
const plugins = ["net-af-xdp", "bus-vdev", "mempool-ring", "bus-fslmc"];
/** What grout names as dependencies and does not need to forward: 10 MB. */
const left = ["systemd", "libsystemd-shared", "less", "tcpdump"];

/** Counts up when what is made of the same packages becomes another. */
const form = 1;

/** Differs for whatever would be prepared differently. */
export function recipeId(): string {
  const all = JSON.stringify([form, suite, programs, plugins, left]);
  return createHash("sha256").update(all).digest("hex").slice(0, 12);
}

/** Package name and version of each that `apt-get -s install` would install. */
export function simulated(text: string): Map<string, string> {
  const found = [...text.matchAll(/^Inst (\S+) \((\S+) /gm)];
  return new Map(found.map(([, name = "", version = ""]) => [name, version]));
}

/**
 * The packages of DPDK's plugins, which have the number of its ABI in their names.
 * @param text of `apt-get -s install grout`
 * @throws Error when grout is not linked with DPDK as it was
 */
export function pluginPackages(text: string): string[] {
  const abi = [...simulated(text).keys()].map((name) => /^librte-eal(\d+)$/.exec(name)?.[1]);
  const number = abi.find((found) => found !== undefined);
  if (number === undefined) throw new Error("grout: depends on no librte-eal");
  return plugins.map((plugin) => `librte-${plugin}${number}`);
}

/**
 * What to fetch, as name=version.
 * @param text of `apt-get -s install` with all packages
 * @throws Error when one of the programs is too old
 */
export function packagesToFetch(text: string): { versions: Map<string, string>; fetch: string[] } {
  const versions = simulated(text);
  for (const [name, least] of Object.entries(programs)) {
    const has = versions.get(name) ?? "none";
    if (atLeast(has, [...least])) continue;
    throw new Error(`${name} >= ${least.join(".")}: ${suite} of the mirror has ${has}`);
  }
  const wanted = [...versions].filter(([name]) => !left.includes(name));
  return { versions, fetch: wanted.map(([name, version]) => `${name}=${version}`) };
}
