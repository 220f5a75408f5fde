import { accessSync, constants } from "node:fs";
import { dirname } from "node:path";
import { renderHtml } from "../report/html.ts";
import { renderMarkdown } from "../report/markdown.ts";
import type { Result } from "../report/result.ts";
import { writeResult, writeWhole } from "../report/write.ts";
import type { OutputOptions } from "./options.ts";

/** So that hours of measuring are not followed by the news that nothing can be written. */
export function checkOutputs({ json, markdown, html }: OutputOptions): void {
  for (const path of [json, markdown, html]) {
    if (path === undefined) continue;
    try {
      accessSync(dirname(path), constants.W_OK);
    } catch (cause) {
      throw new Error(`${path}: its directory is missing or read-only`, { cause });
    }
  }
}

/** Writes the files that were asked for. @returns their paths */
export async function writeOutputs(result: Result, options: OutputOptions): Promise<string[]> {
  const { json, markdown, html } = options;
  if (markdown !== undefined) await writeWhole(markdown, renderMarkdown(result));
  if (html !== undefined) await writeWhole(html, renderHtml(result));
  // Last: it complains about a result that is not valid after it has written it.
  if (json !== undefined) await writeResult(json, result);
  return [json, markdown, html].filter((path) => path !== undefined);
}
