import type { z } from "zod";
import { keyPath } from "../config/errors.ts";
import { acceptedKeys } from "../config/known-keys.ts";
import { HttpError } from "./http.ts";

const BAD_REQUEST = 400;
// A whole list in a message would bury the message.
const MAX_SHOWN = 80;

/**
 * Reads a JSON body.
 * @throws HttpError 400 naming key, value and what is accepted, for the first problem
 */
export function readJson<T extends z.ZodType>(schema: T, body: string): z.output<T> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (error) {
    const reason = (error as Error).message;
    throw new HttpError(BAD_REQUEST, `the body is no JSON (${reason}); accepted: an object`);
  }
  return check(schema, value);
}

/**
 * Reads the part of a URL behind the question mark.
 * @throws HttpError 400 naming key, value and what is accepted, for the first problem
 */
export function readQuery<T extends z.ZodType>(schema: T, query: URLSearchParams): z.output<T> {
  for (const key of query.keys()) {
    if (query.getAll(key).length > 1) {
      throw new HttpError(BAD_REQUEST, `${key} is given twice; accepted: each key once`);
    }
  }
  return check(schema, Object.fromEntries(query));
}

function check<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new HttpError(BAD_REQUEST, issue ? explain(schema, issue, value) : "accepted: an object");
}

function explain(schema: z.ZodType, issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code === "unrecognized_keys") {
    const path = [...issue.path, issue.keys[0] ?? ""];
    const accepted = acceptedKeys(schema, issue.path) ?? issue.message;
    return `${keyPath(path)} = ${show(valueAt(value, path))}: unknown key; accepted: ${accepted}`;
  }
  const found = valueAt(value, issue.path);
  const key = keyPath(issue.path) || "the body";
  const subject = found === undefined ? `${key} is missing` : `${key} = ${show(found)}`;
  const accepted = issue.path.length === 0 ? acceptedKeys(schema, []) : null;
  return `${subject}${found === undefined ? ";" : ":"} accepted: ${accepted ?? issue.message}`;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, part) => {
    return typeof at === "object" && at !== null ? (at as Record<PropertyKey, unknown>)[part] : at;
  }, value);
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
