import { accessSync, constants, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import { formatBytes } from "../cli/units.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";
import type { DoctorHost } from "./host.ts";
import { runningAgent } from "./running-agent.ts";

const CHECK = "state directory";
/** What a node's journal grows by in a busy hour. */
const LOW_BYTES = 64 * 1024 * 1024;
const LOW_INODES = 100;

/** Whether the agent can write its journal. */
export async function checkState(host: DoctorHost): Promise<Finding[]> {
  const agent = await runningAgent(host.socket);
  return [directory(agent?.stateDir ?? join(host.root, host.config.stateDir))];
}

function directory(dir: string): Finding {
  try {
    if (!statSync(dir).isDirectory()) {
      return problem(CHECK, `${dir} is no directory`, 'move it away, or set "stateDir"');
    }
    accessSync(dir, constants.W_OK | constants.X_OK);
    return space(dir);
  } catch (error) {
    return notUsable(dir, (error as NodeJS.ErrnoException).code ?? "");
  }
}

function notUsable(dir: string, code: string): Finding {
  if (code === "ENOENT") return ok(CHECK, `${dir} is made at the first start of the agent`);
  const remedy = code === "EROFS" ? "mount it writable" : "run this as root";
  return problem(CHECK, `${dir} cannot be written (${code}): no ADD and no DEL`, remedy);
}

function space(dir: string): Finding {
  const { bavail, bsize, ffree, files } = statfsSync(dir);
  const free = bavail * bsize;
  const text = `${dir}: ${formatBytes(free)} free`;
  const remedy = "make room there: what cannot be journalled is refused";
  if (free === 0) return problem(CHECK, `${text}: no ADD and no DEL`, remedy);
  if (free < LOW_BYTES) return warning(CHECK, text, remedy);
  // Some filesystems count no files.
  if (files > 0 && ffree < LOW_INODES) return warning(CHECK, `${text}, ${ffree} files`, remedy);
  return ok(CHECK, text);
}
