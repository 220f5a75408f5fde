import { stat, statfs } from "node:fs/promises";
import { CNI_ERROR, CniError } from "./errors.ts";

// linux/magic.h NSFS_MAGIC: the file system that every namespace file is on.
const NSFS_MAGIC = 0x6e736673;
const OWN_NETNS = "/proc/self/ns/net";

/**
 * Makes sure that a pod can be attached at `path`: it is a namespace, and not the one the agent
 * lives in, whose interfaces are the node's.
 * @throws CniError 8
 */
export async function checkNetns(path: string, allowOwn: boolean): Promise<void> {
  const [file, filesystem, own] = await Promise.all([
    stat(path),
    statfs(path),
    stat(OWN_NETNS),
  ]).catch((error: NodeJS.ErrnoException) => {
    throw invalid(path, `cannot be opened (${error.code})`);
  });
  if (filesystem.type !== NSFS_MAGIC) throw invalid(path, "is not a network namespace");
  if (!allowOwn && file.dev === own.dev && file.ino === own.ino) {
    throw invalid(path, "is the network namespace of the node");
  }
}

/** Whether there is a namespace at a path; what is left of a dead one is an ordinary file. */
export async function isNetns(path: string): Promise<boolean> {
  return await statfs(path).then(
    ({ type }) => type === NSFS_MAGIC,
    () => false,
  );
}

function invalid(path: string, reason: string): CniError {
  const accepted = "accepted: the path of the pod's own network namespace";
  return new CniError(CNI_ERROR.invalidNetns, `CNI_NETNS = ${path} ${reason}`, accepted);
}
