import type { z } from "zod";
import { keyPath } from "../src/config/errors.ts";
import { acceptedKeys } from "../src/config/known-keys.ts";
import type { Json } from "./decode.ts";
import { CNI_ERROR, CniError, show } from "./errors.ts";

/** Makes the error for a top-level key of a network configuration. */
export type Fault = (key: string, accepted: string, reason: string) => CniError;

/** The error for what a schema has against a network configuration. */
export function faultOf(schema: z.ZodType, raw: Json, { issues }: z.ZodError): CniError {
  const [issue] = issues;
  if (issue === undefined) return new CniError(CNI_ERROR.invalidConfig, "invalid");
  if (issue.code !== "unrecognized_keys") return invalidValue(raw, issue.path, issue.message);
  const subject = describe(raw, [...issue.path, issue.keys[0] ?? ""]);
  const msg = `unsupported field in the network configuration: ${subject}`;
  const accepted = `accepted: ${acceptedKeys(schema, issue.path) ?? "nothing"}`;
  return new CniError(CNI_ERROR.unsupportedField, msg, accepted);
}

/**
 * @param reason what is wrong with it, unless `accepted` says it all
 * @param isArgument it comes from CNI_ARGS
 */
export function invalidValue(
  raw: Json,
  path: readonly PropertyKey[],
  accepted: string,
  reason = "",
  isArgument = false,
): CniError {
  const what = isArgument ? "CNI_ARGS" : "network configuration";
  const msg = `invalid ${what}: ${describe(raw, path)}${reason && `: ${reason}`}`;
  const code = isArgument ? CNI_ERROR.invalidEnvironment : CNI_ERROR.invalidConfig;
  return new CniError(code, msg, `accepted: ${accepted}`);
}

function describe(raw: Json, path: readonly PropertyKey[]): string {
  const value = path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown>)?.[key], raw);
  return `${keyPath(path)} = ${show(value)}`;
}
