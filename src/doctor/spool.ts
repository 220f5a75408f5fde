import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { isSetAside, isSpooled, othersCanWrite } from "../agent/spool-file.ts";
import { spoolDirOf } from "../config/spool-dir.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";
import type { DoctorHost } from "./host.ts";
import { runningAgent } from "./running-agent.ts";

const CHECK = "spool";
/** The agent reads a file when it appears, and again with each turn of its reconciler. */
const PATIENCE_MS = 60_000;

/** The DELs that came while the agent was away, and whether there can be any. */
export async function checkSpool(host: DoctorHost, now = Date.now()): Promise<Finding[]> {
  const agent = await runningAgent(host.socket);
  const dir = agent?.spool?.path ?? join(host.root, spoolDirOf(host.config));
  const names = namesIn(dir);
  if (names === null) return [];
  const files = names.filter(isSpooled).map((name) => join(dir, name));
  const findings = [
    ...owner(dir),
    ...waiting(dir, files, agent !== null, now),
    ...aside(dir, names),
  ];
  return findings.length > 0 ? findings : [ok(CHECK, `${dir}: no DEL waits`)];
}

function namesIn(dir: string): string[] | null {
  try {
    return readdirSync(dir);
  } catch {
    return null;
  }
}

// Neither the executable nor the agent trusts it then.
function owner(dir: string): Finding[] {
  if (!othersCanWrite(statSync(dir))) return [];
  const text = `others than root can write to ${dir}, so it is not used: DELs are lost`;
  return [problem(CHECK, text, `chown root ${dir} && chmod 0700 ${dir}`)];
}

function waiting(dir: string, files: readonly string[], running: boolean, now: number): Finding[] {
  if (files.length === 0) return [];
  if (!running) {
    const text = `${files.length} DEL(s) in ${dir} wait for the agent`;
    return [ok(CHECK, `${text}, which does them when it starts`)];
  }
  const late = files.filter((file) => now - mtimeOf(file, now) > PATIENCE_MS);
  if (late.length === 0) return [ok(CHECK, `${files.length} DEL(s) in ${dir} are being done`)];
  const text = `${late.length} DEL(s) in ${dir} wait for more than a minute though the agent runs`;
  return [warning(CHECK, text, "the log of the agent says why each fails; it goes on trying")];
}

// One that is done is gone.
function mtimeOf(path: string, now: number): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? now;
}

function aside(dir: string, names: readonly string[]): Finding[] {
  const bad = names.filter(isSetAside);
  if (bad.length === 0) return [];
  const text = `${bad.length} file(s) in ${dir} are no DEL and were set aside: ${bad[0]}`;
  return [
    warning(CHECK, text, "look at them, then remove them; CNI GC finds what they were about"),
  ];
}
