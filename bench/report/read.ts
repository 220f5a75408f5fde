import { readFile } from "node:fs/promises";
import type { z } from "zod";
import { type Result, resultFormat, resultSchema } from "./result.ts";

/** More would scroll the first away, which is the one that explains the others. */
const SHOWN = 10;

/**
 * Reads a result that `writeResult` wrote.
 * @throws Error naming the file, where in it, and what is expected there
 */
export async function readResult(path: string): Promise<Result> {
  const document = parse(path, await readText(path));
  const { format } = (document ?? {}) as { format?: unknown };
  if (typeof format === "number" && format !== resultFormat) {
    throw new Error(
      `${path}: format: ${format} was written by another version of Millrace, this one reads ` +
        `${resultFormat}; read it with that version, or measure again`,
    );
  }
  const wrong = complaints(document);
  if (wrong.length > 0) {
    const more = wrong.length > SHOWN ? [`  and ${wrong.length - SHOWN} more`] : [];
    throw new Error(
      [`${path} is no benchmark result:`, ...wrong.slice(0, SHOWN), ...more].join("\n"),
    );
  }
  return resultSchema.parse(document);
}

/** What keeps a document from being a result: "  measurements[3].values: …" each. */
export function complaints(document: unknown): string[] {
  const { error } = resultSchema.safeParse(document);
  return (error?.issues ?? []).map((issue) => `  ${where(issue.path)}${issue.message}`);
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new Error(`${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const { message } = cause as Error;
    throw new Error(`${path} is no JSON: ${message}; expected is what --json wrote`, { cause });
  }
}

function where(path: z.core.$ZodIssue["path"]): string {
  const text = path
    .map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`))
    .join("");
  return text === "" ? "" : `${text.replace(/^\./, "")}: `;
}
