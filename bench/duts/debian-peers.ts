import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { withLock } from "../../src/setup/lock.mjs";
import { type Need, whatIsMissing } from "../../test/fixtures/needs.ts";
import { must } from "../../test/harness/run.ts";
import { privateLists } from "../../test/harness/vm-apt.ts";
import {
  type DebianPackage,
  packagesToFetch,
  pluginPackages,
  programs,
  recipeId,
  suite,
} from "./debian-recipe.ts";

/** Programs of a newer Debian, unpacked and not installed. */
export interface DebianPeers {
  /** Upstream version of a package, e.g. "1.6.3"; of DPDK, that grout is linked with. */
  version(name: DebianPackage | "dpdk"): string;
  /** The command that runs a program with the libraries it came with. @param path "usr/bin/grout" */
  command(path: string): string[];
  /** Of the libraries, with DPDK's plugins below it. */
  libraries: string;
}

/** Shared by all checkouts of a user; may be deleted at any time, and is then made anew. */
const store = join(homedir(), ".cache/millrace/peers");
const stepMs = 5 * 60_000;
const libraryPath = "usr/lib/x86_64-linux-gnu";
let search: Promise<DebianPeers | string> | undefined;

/**
 * Finds the programs among what was prepared before, else fetches them from the Debian mirror
 * (11 MB), whose signatures apt checks. Installs nothing.
 * @returns why they cannot be had, in words, when they cannot
 */
export function findDebianPeers(): Promise<DebianPeers | string> {
  search ??= find();
  return search;
}

/** Why the programs, or what else is needed to run them, cannot be had; null when they can. */
export async function lacksDebianPeers(needs: readonly Need[]): Promise<string | null> {
  const peers = await findDebianPeers();
  return typeof peers === "string" ? peers : whatIsMissing(needs) || null;
}

/** @throws Error that says why they cannot be had */
export async function getDebianPeers(): Promise<DebianPeers> {
  const peers = await findDebianPeers();
  if (typeof peers === "string") throw new Error(peers);
  return peers;
}

async function find(): Promise<DebianPeers | string> {
  if (process.arch !== "x64") return `an x86-64 machine is needed; this one is ${process.arch}`;
  const place = join(store, recipeId());
  try {
    const tell = () => console.error("  another run prepares xdp-tools and grout; waiting ...");
    await withLock(join(store, "prepare.lock"), tell, async () => {
      if (existsSync(place)) return;
      console.error("  fetching xdp-tools and grout, 11 MB of Debian packages ...");
      await prepare(place);
    });
  } catch (error) {
    return `they cannot be fetched from Debian ${suite}: ${inShort(error as Error)}`;
  }
  return peersIn(place);
}

function peersIn(place: string): DebianPeers {
  const versions = JSON.parse(readFileSync(join(place, "versions.json"), "utf8"));
  const root = join(place, "root");
  const libraries = join(root, libraryPath);
  const loader = join(libraries, "ld-linux-x86-64.so.2");
  return {
    version: (name) => String(versions[name]).replace(/^\d+:|[-+].*/g, ""),
    command: (path) => [
      // libxdp's own programs must be of its version as well.
      ...["env", `LIBXDP_OBJECT_PATH=${join(libraries, "bpf")}`],
      ...[loader, "--library-path", libraries, join(root, path)],
    ],
    libraries,
  };
}

/** Half a directory must never be found, so it gets its name when all is in it. */
async function prepare(place: string): Promise<void> {
  const work = `${place}.new`;
  rmSync(work, { recursive: true, force: true });
  mkdirSync(join(work, "packages"), { recursive: true });
  try {
    const versions = await download(work);
    for (const name of readdirSync(join(work, "packages"))) {
      await step("dpkg", ["-x", join(work, "packages", name), join(work, "root")]);
    }
    writeFileSync(join(work, "versions.json"), JSON.stringify(versions));
    for (const name of ["apt", "packages"]) rmSync(join(work, name), { recursive: true });
    renameSync(work, place);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** @returns the versions of the programs, and of DPDK */
async function download(work: string): Promise<Record<DebianPackage | "dpdk", string | undefined>> {
  const options = privateLists(join(work, "apt"), [suite]);
  const apt = (...args: string[]) => step("apt-get", [...options, "-qq", ...args]);
  await apt("update");
  const names = Object.keys(programs);
  const install = ["-s", "--no-install-recommends", "install"];
  const plugins = pluginPackages(await apt(...install, ...names));
  const { versions, fetch } = packagesToFetch(await apt(...install, ...names, ...plugins));
  // apt-get has no option for where to put them.
  const into = ["-C", join(work, "packages"), "apt-get", ...options];
  await step("env", [...into, "-qq", "download", ...fetch]);
  const ethdev = [...versions.keys()].find((name) => name.startsWith("librte-ethdev")) ?? "";
  return {
    "xdp-tools": versions.get("xdp-tools"),
    grout: versions.get("grout"),
    dpdk: versions.get(ethdev),
  };
}

const step = (file: string, args: readonly string[]) =>
  must("setpriv", ["--pdeathsig", "TERM", file, ...args], { timeoutMs: stepMs });

/** apt marks what went wrong by "E: "; else the last line says it. */
function inShort({ message }: Error): string {
  const lines = message.trim().split("\n");
  return (lines.find((line) => line.startsWith("E: ")) ?? lines.at(-1) ?? "").trim();
}
