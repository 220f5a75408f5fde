import { attachmentKey } from "../../src/store/records.ts";
import type { AttachmentId } from "../attacher.ts";
import { decodeObject } from "../decode.ts";
import type { CniCommand } from "../environment.ts";
import { CNI_ERROR, type CniErrorCode } from "../errors.ts";
import { type CniResult, prevResultSchema } from "../result.ts";
import { ATTACHMENT_MARK, type IpamCall, PLUGIN_LIMIT_MS } from "./call.ts";
import { IpamPluginError, noAnswer, notRun } from "./error.ts";
import { type Executed, execute } from "./execute.ts";
import { findPlugin } from "./find.ts";

/** Whom a call is about. */
export interface IpamPlace extends AttachmentId {
  /** Path of the pod's network namespace; "" when it is gone. */
  netns: string;
}

/** For GC, STATUS and VERSION, which are about no attachment. */
const NOBODY: IpamPlace = { containerId: "", ifname: "", netns: "" };

/**
 * Has the plugin reserve addresses. Whatever comes, the caller delivers DEL when it has no use for
 * them: also after an error whose outcome is `unknown`.
 * @throws IpamPluginError
 */
export async function ipamAdd(call: IpamCall, place: IpamPlace, limitMs = PLUGIN_LIMIT_MS) {
  const stdout = await invoke("ADD", call, place, limitMs);
  return parseResult(call, stdout);
}

/** CHECK and DEL. @throws IpamPluginError */
export async function ipamTell(
  verb: "CHECK" | "DEL",
  call: IpamCall,
  place: IpamPlace,
): Promise<void> {
  await invoke(verb, call, place, PLUGIN_LIMIT_MS);
}

/** GC and STATUS, for callers of version 1.1.0 and newer. @throws IpamPluginError */
export async function ipamAsk(verb: "GC" | "STATUS", call: IpamCall): Promise<void> {
  await invoke(verb, call, NOBODY, PLUGIN_LIMIT_MS);
}

/** Versions of the spec that the plugin says it speaks. @throws IpamPluginError */
export async function ipamVersions(call: IpamCall): Promise<unknown[]> {
  const answer = readObject(await invoke("VERSION", call, NOBODY, PLUGIN_LIMIT_MS));
  const versions = answer?.["supportedVersions"];
  return Array.isArray(versions) ? versions : [];
}

async function invoke(
  verb: CniCommand,
  call: IpamCall,
  place: IpamPlace,
  limitMs: number,
): Promise<string> {
  const file = await findPlugin(call);
  const env = environment(verb, call, place);
  const executed = await execute({ file, env, stdin: call.config, limitMs }).catch((error) => {
    throw notRun(call, file, error);
  });
  if (executed.exitCode === 0 && executed.killed === "") return executed.stdout;
  throw failureOf(call, verb, executed);
}

// CNI spec 1.1.0, section 2, "Parameters". As the reference implementation has it, the plugin finds
// programs where the agent does.
function environment(verb: CniCommand, call: IpamCall, place: IpamPlace): Record<string, string> {
  const { containerId, ifname, netns } = place;
  return {
    PATH: process.env["PATH"] ?? "",
    ...call.env,
    CNI_COMMAND: verb,
    ...(containerId !== "" && {
      CNI_CONTAINERID: containerId,
      CNI_IFNAME: ifname,
      CNI_NETNS: netns,
      [ATTACHMENT_MARK]: attachmentKey(containerId, ifname),
    }),
  };
}

function failureOf(call: IpamCall, verb: CniCommand, executed: Executed): IpamPluginError {
  const { exitCode, signal, stdout, stderr, killed } = executed;
  const said = stderr.trim() || stdout.trim();
  if (killed !== "") return noAnswer(call, `${killed} on ${verb}`, said, CNI_ERROR.tryAgainLater);
  if (signal !== null) return noAnswer(call, `was ended by ${signal} on ${verb}`, said);
  const error = readObject(stdout);
  const { code, msg, details } = error ?? {};
  if (typeof code !== "number" || !Number.isInteger(code) || code < 1 || typeof msg !== "string") {
    return noAnswer(call, `ended ${verb} with status ${exitCode} and no CNI error`, said);
  }
  const text = `IPAM plugin ${call.type}: ${msg}`;
  const story = typeof details === "string" ? details : "";
  // Codes above 100 are the plugin's own.
  return new IpamPluginError("refused", code as CniErrorCode, text, story);
}

function parseResult(call: IpamCall, stdout: string): CniResult {
  const parsed = prevResultSchema.safeParse(readObject(stdout));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue?.path.join(".") || "all of it";
  throw noAnswer(call, `printed no result of ADD: ${where} must be ${issue?.message}`, stdout);
}

function readObject(text: string) {
  try {
    return decodeObject(text, "");
  } catch {
    return null;
  }
}
