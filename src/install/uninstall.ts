import { join } from "node:path";
import { createClient } from "../api/client.ts";
import { SHIM_NAME } from "./cni-files.ts";
import type { Change, NodeDirs } from "./install.ts";
import { ownConflists, shimOwner } from "./marks.ts";
import { removeFile } from "./replace-file.ts";

export interface UninstallOptions extends NodeDirs {
  /** Of the agent, which knows what is attached. */
  socket: string;
  /** Remove although pods are attached, or nobody can say whether there are. */
  force: boolean;
}

/** So many attachments are named in an error. */
const NAMED = 10;

/**
 * Takes away what `install` has put there, the configuration first: from then on the runtime asks
 * for no new pod, and finds the executable until it does not know it any more.
 * @param told of each change when it is made
 * @throws Error in words when pods are attached, whose DEL would find no executable
 */
export async function uninstall(
  options: UninstallOptions,
  told: (change: Change) => void,
): Promise<void> {
  const target = join(options.binDir, SHIM_NAME);
  const lists = await ownConflists(options.confDir);
  const owner = await shimOwner(target);
  if (lists.length === 0 && owner !== "ours") {
    told({ path: target, done: owner === "absent" ? "absent" : "unchanged" });
    return;
  }
  if (!options.force) await refuseAttached(options.socket);
  for (const path of lists) await remove(path, told);
  if (owner === "ours") await remove(target, told);
}

async function remove(path: string, told: (change: Change) => void): Promise<void> {
  told({ path, done: (await removeFile(path)) ? "removed" : "absent" });
}

async function refuseAttached(socket: string): Promise<void> {
  const attached = await createClient(socket)
    .attachments()
    .catch((cause: Error) => {
      const why = "nobody can say whether pods are attached, whose DEL needs the executable";
      throw new Error(`${why}: ${cause.message}; --force removes it all the same`);
    });
  if (attached.length === 0) return;
  const names = attached.slice(0, NAMED).map(({ key, pod }) => {
    return pod === null ? key : `${pod.namespace}/${pod.name} (${key})`;
  });
  const more = attached.length > NAMED ? `, and ${attached.length - NAMED} more` : "";
  const what = attached.length === 1 ? "1 interface is" : `${attached.length} interfaces are`;
  throw new Error(
    `${what} still attached: ${names.join(", ")}${more}; drain the node or delete the pods first ` +
      "(--force removes all the same, and the runtime cannot delete them then)",
  );
}
