import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { commonVersions } from "./chain.ts";
import { SHIM_NAME } from "./cni-files.ts";
import { type ConflistOptions, conflist, VERSIONS } from "./conflist.ts";
import { conflistOwner, type Owner, ownConflists, shimOwner } from "./marks.ts";
import { removeFile, replaceFile } from "./replace-file.ts";
import { waitForAgent } from "./wait-agent.ts";

const EXECUTABLE = 0o755;
const READABLE = 0o644;

/** Where CNI executables and configurations of the node are. */
export interface NodeDirs {
  binDir: string;
  confDir: string;
}

export interface InstallOptions extends NodeDirs {
  /** The executable that is copied. */
  shim: string;
  /** Null on nodes where Millrace is no default network: Multus reads none from there. */
  conflist: (ConflistOptions & { file: string }) | null;
  /** Seconds that the agent has to get ready before the configuration is written. */
  waitSeconds: number;
  /** Replace files that are not ours. */
  force: boolean;
}

/** What was done to a path. */
export interface Change {
  path: string;
  done: "written" | "unchanged" | "removed" | "absent";
}

/**
 * Puts the CNI executable and, last, the network configuration in place: the runtime starts to
 * call us with the configuration, and then all that it needs is there.
 * @param told of each change when it is made
 * @throws Error in words when a file is not ours, the agent is not ready or the disk refuses
 */
export async function install(
  options: InstallOptions,
  told: (change: Change) => void,
): Promise<void> {
  const target = join(options.binDir, SHIM_NAME);
  const { conflist: list } = options;
  const file = list === null ? null : join(options.confDir, list.file);
  if (!options.force) await refuseForeign(target, file);
  const written = await replaceFile(target, await shimContent(options.shim));
  told({ path: target, done: written ? "written" : "unchanged" });
  if (list === null || file === null) return;
  const versions = await commonVersions(options.binDir, list.chain, VERSIONS);
  await waitForAgent(list.socket, options.waitSeconds);
  const content = { bytes: Buffer.from(conflist(list, versions)), mode: READABLE };
  const changed = await replaceFile(file, content);
  told({ path: file, done: changed ? "written" : "unchanged" });
  await removeOthers(options.confDir, file, told);
}

async function refuseForeign(target: string, file: string | null): Promise<void> {
  refuse(target, await shimOwner(target));
  if (file !== null) refuse(file, await conflistOwner(file));
}

function refuse(path: string, owner: Owner): void {
  if (owner !== "foreign") return;
  throw new Error(
    `${path} is there and was not written by "millrace install": ` +
      "move it away, choose another name or directory, or replace it with --force",
  );
}

async function shimContent(path: string) {
  const bytes = await readFile(path).catch((cause: Error) => {
    throw new Error(`${path} cannot be read: run "npm run build"`, { cause });
  });
  return { bytes, mode: EXECUTABLE };
}

/** Those of an installation under another file name: one of them could win over this one. */
async function removeOthers(
  confDir: string,
  file: string,
  told: (change: Change) => void,
): Promise<void> {
  for (const path of await ownConflists(confDir)) {
    if (path === file) continue;
    await removeFile(path);
    told({ path, done: "removed" });
  }
}
