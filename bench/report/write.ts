import { randomUUID } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { complaints } from "./read.ts";
import type { Result } from "./result.ts";

/**
 * Writes a result as JSON; a reader sees the old file or the whole new one.
 * @throws Error naming the file. One that says that the result is not valid comes after the file was
 * written: what took hours to measure is not thrown away for one bad value.
 */
export async function writeResult(path: string, result: Result): Promise<void> {
  await writeWhole(path, `${JSON.stringify(result, null, 2)}\n`);
  const wrong = complaints(result);
  if (wrong.length > 0) {
    throw new Error(`${path} was written, and is no valid result:\n${wrong.join("\n")}`);
  }
}

/** Writes any report so. @throws Error naming the file */
export async function writeWhole(path: string, text: string): Promise<void> {
  const next = join(dirname(path), `.${randomUUID()}.new`);
  try {
    await writeFile(next, text);
    await rename(next, path);
  } catch (cause) {
    await rm(next, { force: true });
    throw new Error(`${path} cannot be written: ${(cause as Error).message}`, { cause });
  }
}
