import { z } from "zod";
import type { AttachmentId } from "./attacher.ts";
import { type CniCommand, NAME_ACCEPTED, NAME_PATTERN } from "./environment.ts";
import { CNI_ERROR, CniError, show } from "./errors.ts";
import {
  atLeast,
  type CniVersion,
  isSupported,
  NEWEST_VERSION,
  OLDEST_VERSION,
  SUPPORTED_VERSIONS,
} from "./versions.ts";

/** A JSON object of which nothing is known yet. */
export type Json = Record<string, unknown>;

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * JSON text as a value.
 * @throws CniError 6 naming `what`
 */
export function decode(text: unknown, what: string): unknown {
  if (typeof text !== "string") throw undecodable(`${what} is not text`, show(text));
  try {
    return JSON.parse(text);
  } catch (error) {
    throw undecodable(`${what} is not JSON`, (error as Error).message);
  }
}

/** @throws CniError 6 */
export function decodeObject(text: unknown, what: string): Json {
  const value = decode(text, what);
  if (isObject(value)) return value;
  throw undecodable(`${what} is not a JSON object`, show(value));
}

/** @throws CniError 7 */
export function parseName(name: unknown): string {
  if (typeof name === "string" && NAME_PATTERN.test(name)) return name;
  const value = name === undefined ? "missing" : show(name);
  throw invalidConfig(`invalid network configuration: name = ${value}`, NAME_ACCEPTED);
}

const SINCE: Partial<Record<CniCommand, CniVersion>> = {
  CHECK: "0.4.0",
  GC: "1.1.0",
  STATUS: "1.1.0",
};

/** @throws CniError 1 when the version is not spoken or has no such verb, 6 when it is no string */
export function parseVersion(value: unknown, command: CniCommand): CniVersion {
  const supported = `this plugin speaks ${SUPPORTED_VERSIONS.join(", ")}`;
  const version = isUnsaid(value) ? OLDEST_VERSION : value;
  if (typeof version !== "string") {
    throw undecodable(`cniVersion = ${show(version)} is not a string`, supported);
  }
  if (!isSupported(version)) {
    throw incompatible(`incompatible CNI version: cniVersion = ${show(version)}`, supported);
  }
  const since = SINCE[command] ?? OLDEST_VERSION;
  if (atLeast(version, since)) return version;
  const is = isUnsaid(value) ? `${version}, as no cniVersion says otherwise,` : version;
  throw incompatible(`cniVersion ${is} has no ${command}`, `it exists since ${since}`);
}

// As the reference implementation reads it.
function isUnsaid(version: unknown): boolean {
  return version === undefined || version === null || version === "";
}

/** What to put into the answer to `body`, however broken the call is: its own cniVersion. */
export function versionOf(body: unknown): string {
  try {
    const config = decodeObject(isObject(body) ? body["config"] : undefined, "");
    const version = config["cniVersion"];
    return typeof version === "string" && /^[0-9.]{1,32}$/.test(version) ? version : NEWEST_VERSION;
  } catch {
    return NEWEST_VERSION;
  }
}

const attachmentsSchema = z
  .array(z.object({ containerID: z.string(), ifname: z.string() }))
  .nullable()
  .transform((list) =>
    (list ?? []).map(({ containerID, ifname }) => ({ containerId: containerID, ifname })),
  );

/**
 * The attachments that GC must leave alone. libcni writes null for an empty list and repeats the
 * list under the name that an early text of the spec used.
 * @throws CniError 7; also when the key is absent, as "none is valid" would remove everything
 */
export function parseValidAttachments(config: Json): AttachmentId[] {
  const keys = ["cni.dev/valid-attachments", "cni.dev/attachments"];
  const key = keys.find((name) => Object.hasOwn(config, name));
  const accepted = "a list of {containerID, ifname}";
  if (key === undefined) throw invalidConfig(`GC needs the key ${keys[0]}`, accepted);
  const parsed = attachmentsSchema.safeParse(config[key]);
  if (parsed.success) return parsed.data;
  throw invalidConfig(`invalid network configuration: ${key} = ${show(config[key])}`, accepted);
}

function invalidConfig(msg: string, accepted: string): CniError {
  return new CniError(CNI_ERROR.invalidConfig, msg, `accepted: ${accepted}`);
}

function incompatible(msg: string, details: string): CniError {
  return new CniError(CNI_ERROR.incompatibleVersion, msg, details);
}

function undecodable(msg: string, details: string): CniError {
  return new CniError(CNI_ERROR.decodingFailure, msg, details);
}
