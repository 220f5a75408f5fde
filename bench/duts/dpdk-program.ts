import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { must, run } from "../../test/harness/run.ts";
import { benchBuildDirectory } from "../traffic/tools.ts";

const examples = "/usr/share/dpdk/examples";

/** The DPDK program to compare with. */
export interface DpdkProgram {
  kind: "l3fwd" | "testpmd";
  path: string;
  version: string;
}

/** l3fwd, built from the examples of the installed DPDK; null when they are not there. */
export async function findL3fwd(): Promise<DpdkProgram | null> {
  const library = await run("pkg-config", ["--modversion", "libdpdk"]).catch(() => null);
  if (library?.exitCode !== 0 || !existsSync(`${examples}/l3fwd/main.c`)) return null;
  const version = library.stdout.trim();
  return { kind: "l3fwd", path: await buildL3fwd(version), version };
}

/** The installed testpmd; null when there is none. */
export async function findTestpmd(): Promise<DpdkProgram | null> {
  const path = "/usr/bin/dpdk-testpmd";
  if (!existsSync(path)) return null;
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of dpkg-query
  const version = await must("dpkg-query", ["-W", "-f", "${source:Upstream-Version}", "dpdk"]);
  return { kind: "testpmd", path, version };
}

/**
 * net_af_xdp verifies no checksums, and l3fwd of 22.11 asks for that offload without looking;
 * this makes it ask for none, as later releases do by themselves.
 */
const shim = `#include <rte_ethdev.h>
#undef RTE_ETH_RX_OFFLOAD_CHECKSUM
#define RTE_ETH_RX_OFFLOAD_CHECKSUM 0
`;

async function buildL3fwd(version: string): Promise<string> {
  const directory = benchBuildDirectory();
  const path = join(directory, `l3fwd-${version}`);
  if (existsSync(path)) return path;
  mkdirSync(directory, { recursive: true });
  const header = join(directory, "l3fwd-offloads.h");
  writeFileSync(header, shim);
  const flags = async (option: string) =>
    (await must("pkg-config", [option, "libdpdk"])).trim().split(/\s+/);
  await must("cc", [
    ...["-O3", "-o", path, "-DALLOW_EXPERIMENTAL_API", "-I", `${examples}/common`],
    ...(await flags("--cflags")),
    ...["-include", header],
    ...l3fwdSources(),
    ...(await flags("--libs")),
  ]);
  return path;
}

/** The files that l3fwd's own Makefile lists: SRCS-y := main.c l3fwd_lpm.c … */
function l3fwdSources(): string[] {
  const makefile = readFileSync(`${examples}/l3fwd/Makefile`, "utf8");
  return [...makefile.matchAll(/^SRCS-y\s*[:+]?=(.*)$/gm)]
    .flatMap(([, names = ""]) => names.trim().split(/\s+/))
    .map((name) => `${examples}/l3fwd/${name}`);
}
