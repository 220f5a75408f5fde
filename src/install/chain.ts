import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const LIMIT_MS = 5000;
const QUESTION = JSON.stringify({ cniVersion: "1.0.0" });

/**
 * The versions among `versions` that each plugin of a chain has. A runtime picks one for the whole
 * list, and a plugin that has not got it, or is not there, keeps every pod from starting.
 * @throws Error naming the plugin that cannot be executed, answers nonsense or has none of them
 */
export async function commonVersions(
  binDir: string,
  chain: readonly string[],
  versions: readonly string[],
): Promise<string[]> {
  let common = [...versions];
  for (const type of chain) {
    const path = join(binDir, type);
    const supported = await supportedVersions(path).catch((cause: Error) => {
      throw refused(chain, `${path} does not say its CNI versions: ${cause.message}`);
    });
    common = common.filter((version) => supported.includes(version));
    if (common.length > 0) continue;
    const has = `has the CNI versions ${supported.join(", ")}, not ${versions.join(" or ")}`;
    throw refused(chain, `${path} ${has}`);
  }
  return common;
}

/** CNI spec 1.1.0, section 2, VERSION. */
async function supportedVersions(path: string): Promise<string[]> {
  const answering = promisify(execFile)(path, [], {
    env: { CNI_COMMAND: "VERSION" },
    timeout: LIMIT_MS,
  });
  answering.child.stdin?.on("error", () => {}); // of one that does not read it
  answering.child.stdin?.end(QUESTION);
  const { supportedVersions: versions } = JSON.parse((await answering).stdout);
  if (!Array.isArray(versions)) throw new Error("supportedVersions is missing");
  return versions.map(String);
}

function refused(chain: readonly string[], why: string): Error {
  const remedy = "install current CNI reference plugins there, or leave it out of --chain";
  return new Error(`--chain ${chain.join(",")}: ${why}; ${remedy}`);
}
