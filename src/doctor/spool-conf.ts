import { spoolDirOf } from "../config/spool-dir.ts";
import { SHIM_NAME } from "../install/cni-files.ts";
import { loaded, readConfDir } from "./conf-dir.ts";
import type { Plugin } from "./conf-file.ts";
import { type Finding, warning } from "./finding.ts";
import type { DoctorHost } from "./host.ts";
import { multusConfDir } from "./multus.ts";
import { runningAgent } from "./running-agent.ts";

/** Where the CNI executable leaves DELs when nobody tells it (cni/shim/forward.hpp). */
const DEFAULT_DIR = "/var/lib/millrace/spool";

/** Whether the executable leaves DELs where the agent looks for them. */
export async function checkSpoolConf(host: DoctorHost): Promise<Finding[]> {
  const agent = await runningAgent(host.socket);
  const read = agent?.spool?.path ?? spoolDirOf(host.config);
  const files = [host.confDir, multusConfDir(host)].flatMap((dir) => loaded(readConfDir(dir)));
  return files.flatMap(({ path, list }) => {
    const used = list.plugins.filter((plugin) => isOfAgent(plugin, host.socket)).map(spoolDir);
    const other = used.find((dir) => dir !== read);
    if (other === undefined) return [];
    const text = `${path}: DELs while the agent is away go to ${other}, the agent reads ${read}`;
    return [warning("spool", text, `add "spoolDir": "${read}" to it, next to "type"`)];
  });
}

function isOfAgent({ type, agentSocket }: Plugin, socket: string): boolean {
  return type === SHIM_NAME && (agentSocket === undefined || agentSocket === socket);
}

const spoolDir = ({ spoolDir }: Plugin): string =>
  typeof spoolDir === "string" && spoolDir !== "" ? spoolDir : DEFAULT_DIR;
