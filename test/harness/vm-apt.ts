import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { atLeast } from "../../src/setup/host.mjs";
import { must } from "./run.ts";
import { MINIMUM, PACKAGES, SUITES } from "./vm-recipe.ts";

const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";
const DEFAULT_MIRROR = "http://deb.debian.org/debian";
const LIST_LIMIT_MS = 3 * 60_000;
const DOWNLOAD_LIMIT_MS = 15 * 60_000;

/** Asks package lists of its own and leaves those of the machine alone. */
export interface Apt {
  /** Packages of the newest kernel, and its release: 7.3.4+deb13-amd64. */
  kernel(): Promise<{ release: string; packages: string[] }>;
  /** QEMU and busybox with all they depend on, as name=version, and QEMU's version. */
  programs(): Promise<{ qemu: string; packages: string[] }>;
  /** Fetches packages, whose signatures apt checks. @returns the files */
  download(packages: readonly string[]): Promise<string[]>;
}

/**
 * Reads the package lists into `dir`.
 * @throws Error with what apt-get said, or that Debian's keys are not here
 */
export async function openApt(dir: string, signal: AbortSignal): Promise<Apt> {
  if (!existsSync(KEYRING)) throw new Error(`${KEYRING} is missing (debian-archive-keyring)`);
  const options = privateLists(dir, SUITES);
  const run = (timeoutMs: number, command: readonly string[]) =>
    must("setpriv", ["--pdeathsig", "TERM", ...command], { timeoutMs, signal });
  const apt = (tool: string, args: readonly string[]) =>
    run(LIST_LIMIT_MS, [tool, ...options, ...args]);
  await apt("apt-get", ["-qq", "update"]);
  return {
    kernel: async () => kernelPackages(await apt("apt-cache", ["show", "linux-image-amd64"])),
    programs: async () => programPackages(await apt("apt-get", ["-s", "install", ...wanted()])),
    async download(packages) {
      const into = join(dir, "packages");
      mkdirSync(into);
      // apt-get has no option for where to put them.
      const download = ["apt-get", ...options, "-qq", "download", ...packages];
      await run(DOWNLOAD_LIMIT_MS, ["env", "-C", into, ...download]);
      return readdirSync(into).map((name) => join(into, name));
    },
  };
}

const wanted = () => ["--no-install-recommends", "-t", SUITES.at(-1) ?? "", ...PACKAGES];

/**
 * Options that have apt read the lists of these suites into `dir` and ignore what is installed.
 * @param suites of Debian, e.g. "trixie"
 */
export function privateLists(dir: string, suites: readonly string[]): string[] {
  for (const path of ["lists/partial", "cache/archives/partial"]) {
    mkdirSync(join(dir, path), { recursive: true });
  }
  const mirror = mirrorOf(readSources());
  const lines = suites.map((suite) => `deb [signed-by=${KEYRING}] ${mirror} ${suite} main\n`);
  writeFileSync(join(dir, "sources.list"), lines.join(""));
  writeFileSync(join(dir, "status"), ""); // nothing counts as installed
  return [
    `Dir::Etc::SourceList=${join(dir, "sources.list")}`,
    ...["Dir::Etc::SourceParts=/dev/null", "Dir::Etc::PreferencesParts=/dev/null"],
    `Dir::State::Lists=${join(dir, "lists")}`,
    `Dir::State::Status=${join(dir, "status")}`,
    `Dir::Cache=${join(dir, "cache")}`,
    // Else root's apt becomes another user, who may not write here.
    ...["APT::Architecture=amd64", "APT::Sandbox::User=root"],
    ...["Acquire::Languages=none", "Acquire::Retries=2", "Acquire::http::Timeout=20"],
    "Acquire::IndexTargets::deb-src::Sources::DefaultEnabled=false",
    "APT::Update::Error-Mode=any",
  ].flatMap((option) => ["-o", option]);
}

function readSources(): string {
  const parts = "/etc/apt/sources.list.d";
  const files = existsSync(parts) ? readdirSync(parts).map((name) => join(parts, name)) : [];
  return ["/etc/apt/sources.list", ...files]
    .filter((file) => existsSync(file) && /\.(list|sources)$/.test(file))
    .map((file) => readFileSync(file, "utf8"))
    .join("\n");
}

/** The Debian mirror that the machine uses, of both forms of sources(5); else Debian's own. */
export function mirrorOf(sources: string): string {
  const named = /^(?:URIs:|deb(?: \[[^\]]*\])?)\s+(https?:\/\/\S+\/debian)\/?(?:\s|$)/m;
  return named.exec(sources)?.[1] ?? DEFAULT_MIRROR;
}

/**
 * The newest kernel that the package linux-image-amd64 stands for.
 * @param shown by `apt-cache show`
 * @throws Error when it is too old
 */
export function kernelPackages(shown: string): { release: string; packages: string[] } {
  const found = [...shown.matchAll(/\blinux-image-(\d[^ ,]*-amd64)\b/g)].map(([, name]) => name);
  const newest = found.sort((a = "", b = "") => compareVersions(a, b)).at(-1) ?? "none";
  if (!atLeast(newest, [...MINIMUM.kernel])) throw tooOld("Linux", MINIMUM.kernel, newest);
  // Since Linux 7 the image is split in three; linux-base has the lists of modules.
  const parts = ["linux-binary", "linux-modules", "linux-base"];
  const packages = parts.map((part) => `${part}-${newest}`);
  return { release: newest, packages };
}

/**
 * @param simulated by `apt-get -s install`
 * @throws Error when QEMU is too old
 */
export function programPackages(simulated: string): { qemu: string; packages: string[] } {
  const found = [...simulated.matchAll(/^Inst (\S+) \((\S+) /gm)];
  const versions = new Map(found.map(([, name = "", version = ""]) => [name, version]));
  const qemu = versions.get("qemu-system-x86")?.replace(/^\d+:/, "") ?? "none";
  if (!atLeast(qemu, [...MINIMUM.qemu])) throw tooOld("QEMU", MINIMUM.qemu, qemu);
  return { qemu, packages: [...versions].map(([name, version]) => `${name}=${version}`) };
}

function tooOld(what: string, minimum: readonly number[], has: string): Error {
  return new Error(`${what} >= ${minimum.join(".")}: ${SUITES.at(-1)} of the mirror has ${has}`);
}

function compareVersions(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}
