import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { withLock } from "../../src/setup/lock.mjs";
import { must } from "./run.ts";
import { openApt } from "./vm-apt.ts";
import { cpio, directory, entriesBelow, executable } from "./vm-cpio.ts";
import { collectModules } from "./vm-modules.ts";
import { KEPT, MODULES, recipeId } from "./vm-recipe.ts";
import { extractVmlinux } from "./vm-vmlinux.ts";

/** What a guest is booted from. */
export interface GuestFiles {
  /** Where QEMU lies with its libraries and firmware, as in a root of its own. */
  root: string;
  /** The kernel as an ELF file. */
  vmlinux: string;
  /** Compressed part of the initramfs: busybox and modules. /init is put in front at each boot. */
  initramfs: string;
  /** Versions: Linux 7.3.4+deb13-amd64, QEMU 11.1.3. */
  about: string;
}

/** A ready set of files, or why there is none, in words. */
export type GuestSearch = { files: GuestFiles; lacks: "" } | { files: null; lacks: string };

/** Shared by all checkouts of a user; may be deleted at any time, and is then made anew. */
const STORE = join(homedir(), ".cache/millrace/vm");
const UNPACK_LIMIT_MS = 2 * 60_000;

/** The packages cannot be had here. */
class Unavailable extends Error {}

/**
 * Finds QEMU and a kernel among what was prepared before, else prepares them, which takes half a
 * minute and 200 MB from the Debian mirror. Installs nothing.
 * @throws when it is interrupted, or the packages are not as they should be
 */
export async function findGuest(signal: AbortSignal): Promise<GuestSearch> {
  if (process.arch !== "x64") return lacking(`an x86-64 machine; this one is ${process.arch}`);
  const place = join(STORE, recipeId());
  try {
    if (!existsSync(place)) await prepareOnce(place, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof Unavailable)) throw error;
    return lacking(`QEMU and a kernel for the guest: ${error.message}`);
  }
  return { files: filesIn(place), lacks: "" };
}

/** @returns when there is one, made here or by another run at the same time */
async function prepareOnce(place: string, signal: AbortSignal): Promise<void> {
  const waiting = Promise.withResolvers<void>();
  const stopWaiting = () => waiting.reject(signal.reason);
  signal.addEventListener("abort", stopWaiting);
  const done = withLock(
    join(STORE, "prepare.lock"),
    () => console.log("  another run prepares the guest; waiting for it ..."),
    async () => {
      waiting.resolve();
      signal.throwIfAborted();
      if (!existsSync(place)) await prepare(place, signal);
    },
  );
  done.catch(() => {}); // of one that has stopped waiting
  await Promise.race([waiting.promise, done]);
  await done;
}

const lacking = (what: string): GuestSearch => ({ files: null, lacks: `needs ${what}` });

function filesIn(place: string): GuestFiles {
  return {
    root: join(place, "root"),
    vmlinux: join(place, "vmlinux"),
    initramfs: join(place, "initramfs.cpio.gz"),
    about: readFileSync(join(place, "about"), "utf8"),
  };
}

/** Half a directory must never be found, so it gets its name when all is in it. */
async function prepare(place: string, signal: AbortSignal): Promise<void> {
  const started = performance.now();
  console.log("  fetching QEMU and a kernel for the guest, 200 MB of Debian packages ...");
  const work = `${place}.new`;
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  try {
    const { release, qemu } = await unpack(work, signal).catch((error: Error) => {
      throw new Unavailable(inShort(error));
    });
    console.log("  putting the kernel and its modules together ...");
    await assemble(work, release);
    writeFileSync(join(work, "about"), `Linux ${release}, QEMU ${qemu}`);
    for (const name of ["apt", "unpacked", "tree"]) {
      rmSync(join(work, name), { recursive: true });
    }
    renameSync(work, place);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  console.log(`  ${place} is ready after ${((performance.now() - started) / 1000).toFixed(0)} s`);
}

async function unpack(work: string, signal: AbortSignal) {
  const apt = await openApt(join(work, "apt"), signal);
  const [kernel, programs] = [await apt.kernel(), await apt.programs()];
  const into = join(work, "unpacked");
  for (const file of await apt.download([...kernel.packages, ...programs.packages])) {
    await must("dpkg", ["-x", file, into], { signal, timeoutMs: UNPACK_LIMIT_MS });
  }
  return { release: kernel.release, qemu: programs.qemu.replace(/\+.*/, "") };
}

async function assemble(work: string, release: string): Promise<void> {
  const unpacked = join(work, "unpacked");
  const from = join(unpacked, "usr/lib/modules", release);
  const busybox = join(unpacked, "usr/bin/busybox");
  writeFileSync(join(work, "vmlinux"), extractVmlinux(readFileSync(join(from, "vmlinuz"))));
  const tree = join(work, "tree");
  await collectModules({ busybox, from, to: tree }, MODULES);
  const entries = [
    ...["bin", "dev", "proc", "sys", "host", "layer", "root"].map(directory),
    executable("bin/busybox", readFileSync(busybox)),
    ...entriesBelow(join(tree, "lib"), "lib"),
  ];
  writeFileSync(join(work, "initramfs.cpio.gz"), gzipSync(cpio(entries), { level: 1 }));
  for (const path of KEPT) {
    mkdirSync(dirname(join(work, "root", path)), { recursive: true });
    renameSync(join(unpacked, path), join(work, "root", path));
  }
}

/** apt marks what went wrong by "E: "; else the last line says it. */
function inShort({ message }: Error): string {
  const lines = message.trim().split("\n");
  return (lines.find((line) => line.startsWith("E: ")) ?? lines.at(-1) ?? "").trim();
}
