import { readFileSync } from "node:fs";
import { type Document, isNode, LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import { checkConfig } from "./checks.ts";
import { ConfigError, keyPath } from "./errors.ts";
import { type ConfigHost, readConfigHost } from "./host.ts";
import { acceptedKeys } from "./known-keys.ts";
import { type Config, configSchema } from "./schema.ts";

/**
 * Reads and checks a configuration file.
 * @throws ConfigError when it cannot be read or anything in it is not accepted.
 */
export function loadConfig(path: string, host?: ConfigHost): Config {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = `cannot be read (${code})`;
    throw new ConfigError({ source: path, key: "", value: path, reason, accepted: "a YAML file" });
  }
  return parseConfig(text, path, host);
}

/**
 * Checks the text of a configuration; the result has every default and is frozen.
 * @param source named in errors, usually the file
 * @throws ConfigError naming line, key, value and what is accepted, for the first problem only.
 */
export function parseConfig(text: string, source: string, host = readConfigHost()): Config {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const locate = (path: readonly PropertyKey[]) => {
    const line = lineOf(document, lines, path);
    return line === 0 ? source : `${source}:${line}`;
  };
  const value = plainValue(document, source);
  const parsed = configSchema.safeParse(value);
  const issue = parsed.error?.issues[0];
  if (issue) throw shapeError(issue, value, locate);
  const config = deepFreeze(parsed.data) as Config;
  checkConfig(config, host, locate);
  return config;
}

function plainValue(document: Document.Parsed, source: string): unknown {
  const problem = document.errors[0];
  if (problem) throw syntaxError(source, problem.message, problem.linePos?.[0].line);
  try {
    return document.toJS() ?? {};
  } catch (error) {
    // An alias without an anchor, or so many of them that they would fill the memory.
    throw syntaxError(source, (error as Error).message);
  }
}

function syntaxError(source: string, message: string, line?: number): ConfigError {
  return new ConfigError({
    source: line === undefined ? source : `${source}:${line}`,
    key: "",
    value: undefined,
    reason: message.split("\n")[0]?.replace(/ at line \d+, column \d+:?$/, "") ?? "",
    accepted: "YAML 1.2",
  });
}

type Issue = z.core.$ZodIssue;

function shapeError(
  issue: Issue,
  document: unknown,
  locate: (path: readonly PropertyKey[]) => string,
): ConfigError {
  const unknownKey = issue.code === "unrecognized_keys" ? issue.keys[0] : undefined;
  const path = unknownKey === undefined ? issue.path : [...issue.path, unknownKey];
  const value = valueAt(document, path);
  const missing = unknownKey === undefined && value === undefined;
  const reason = unknownKey !== undefined ? "unknown key" : missing ? "missing" : undefined;
  return new ConfigError({
    source: locate(path),
    key: keyPath(path),
    value,
    accepted:
      unknownKey !== undefined || issue.code === "invalid_type"
        ? (acceptedKeys(configSchema, issue.path, document) ?? issue.message)
        : issue.message,
    ...(reason && { reason }),
  });
}

function valueAt(document: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | null | undefined)?.[key],
    document,
  );
}

/** Line of the deepest part of the path that is in the document; 0 when nothing is. */
function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number {
  for (let depth = path.length; depth > 0; depth--) {
    const node: unknown = document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 0;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    for (const child of Object.values(value)) deepFreeze(child);
    Object.freeze(value);
  }
  return value;
}
