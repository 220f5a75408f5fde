import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { CNI_ERROR, show } from "../errors.ts";
import { type IpamCall, PLUGIN_ACCEPTED, PLUGIN_PATTERN } from "./call.ts";
import { IpamPluginError } from "./error.ts";

/**
 * The executable of an IPAM plugin: the first of that name in the directories of CNI_PATH, and
 * nowhere else (CNI spec 1.1.0, section 4).
 * @throws IpamPluginError not-run
 */
export async function findPlugin({ type, env }: IpamCall): Promise<string> {
  if (!PLUGIN_PATTERN.test(type)) throw refuse(type, "is no name of a plugin", PLUGIN_ACCEPTED);
  const path = env["CNI_PATH"] ?? "";
  const problems: string[] = [];
  // A relative one would begin wherever the agent was started.
  for (const directory of path.split(":").filter(isAbsolute)) {
    const file = join(directory, type);
    const problem = await problemOf(file);
    if (problem === null) return file;
    if (problem !== "") problems.push(problem);
  }
  const found = problems.length > 0 ? problems.join("; ") : "there is no such plugin";
  const accepted = `an executable of that name in CNI_PATH = ${show(path)}`;
  throw refuse(type, found, `${accepted}, where the agent must see it too; or another ipam.type`);
}

/** null for an executable file, "" for none. */
async function problemOf(file: string): Promise<string | null> {
  const found = await stat(file).catch(() => null);
  if (found === null) return "";
  if (!found.isFile()) return `${file} is no file`;
  return await access(file, constants.X_OK).then(
    () => null,
    () => `${file} is not executable: chmod +x`,
  );
}

function refuse(type: string, reason: string, accepted: string): IpamPluginError {
  const msg = `ipam.type = ${show(type)}: ${reason}`;
  return new IpamPluginError("not-run", CNI_ERROR.invalidConfig, msg, `accepted: ${accepted}`);
}
