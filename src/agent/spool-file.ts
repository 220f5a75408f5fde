import type { Stats } from "node:fs";
import { readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { decode, isObject } from "../../cni/decode.ts";
import { parseRequest } from "../../cni/request.ts";
import { attachmentKey } from "../store/records.ts";

/** One DEL that came while the agent was away, as the CNI executable wrote it (cni/shim/spool.hpp). */
export interface SpooledDel {
  key: string;
  /** What would have been posted to the agent. */
  body: string;
  /** When the call began; null when the file does not say. */
  called: Moment | null;
}

/** A point of the monotonic clock, which means nothing after the next boot. */
export interface Moment {
  bootId: string;
  microseconds: number;
}

const SUFFIX = ".json";
const BAD_SUFFIX = ".bad";
const WRITE_OF_OTHERS = 0o022;
// No call of the executable lasts longer (MILLRACE_TIMEOUT_MS).
const LONGEST_CALL_MS = 3_600_000;

export const isSpooled = (name: string): boolean => name.endsWith(SUFFIX) && !name.startsWith(".");

export const isSetAside = (name: string): boolean => name.endsWith(BAD_SUFFIX);

/** Whether others than the agent can write to a file or directory. @param stats of stat(2) */
export function othersCanWrite({ uid, mode }: Pick<Stats, "uid" | "mode">): boolean {
  return uid !== process.geteuid?.() || (mode & WRITE_OF_OTHERS) !== 0;
}

/**
 * Names of the files in the directory, [] when it is not there.
 * @throws Error in words when it cannot be trusted: whoever writes there detaches pods
 */
export async function listSpool(dir: string): Promise<string[]> {
  const found = await stat(dir).catch(orElse(null));
  if (!found) return [];
  if (othersCanWrite(found)) {
    throw new Error(`others than root can write to ${dir}: make root its owner, and 0700 its mode`);
  }
  return await readdir(dir).catch(orElse([]));
}

/**
 * Reads one; null when it is not there any more.
 * @throws Error or CniError when it is no DEL that could ever be replayed
 */
export async function readSpooled(dir: string, name: string): Promise<SpooledDel | null> {
  const body = await readFile(join(dir, name), "utf8").catch(orElse(null));
  if (body === null) return null;
  const call = decode(body, "the file");
  const { command, containerId, ifname } = parseRequest(call);
  if (command !== "DEL") throw new Error(`it holds ${command} instead of a DEL`);
  const called = isObject(call) ? momentOf(call["called"]) : null;
  return { key: attachmentKey(containerId, ifname), body, called };
}

export async function removeSpooled(dir: string, name: string): Promise<void> {
  await rm(join(dir, name), { force: true });
}

/** Keeps a broken file for whoever wants to look at it, but out of the way. */
export async function setAside(dir: string, name: string): Promise<string> {
  const path = `${join(dir, name)}${BAD_SUFFIX}`;
  await rename(join(dir, name), path).catch(orElse(undefined));
  return path;
}

/** Removes what an executable that was killed has left half-written. */
export async function sweepUnfinished(dir: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    if (!name.startsWith(".") || !name.endsWith(".tmp")) continue;
    const found = await stat(join(dir, name)).catch(orElse(null));
    if (found && Date.now() - found.mtimeMs > LONGEST_CALL_MS) await removeSpooled(dir, name);
  }
}

function momentOf(value: unknown): Moment | null {
  if (!isObject(value)) return null;
  const { bootId, microseconds } = value;
  const known = typeof bootId === "string" && typeof microseconds === "number";
  return known ? { bootId, microseconds } : null;
}

/** What stands for a file or directory that is not there. */
function orElse<T>(value: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === "ENOENT") return value;
    throw error;
  };
}
