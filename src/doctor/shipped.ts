import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { type Finding, ok, warning } from "./finding.ts";
import type { DoctorHost } from "./host.ts";

const SHOWN_DIGITS = 12;

/** Whether the installed executable is the one of this version; nothing where that is not at hand. */
export function shipped({ shippedExecutable }: DoctorHost, path: string): Finding[] {
  const wanted = hashOf(shippedExecutable);
  if (wanted === null) return [];
  const found = hashOf(path);
  if (found === wanted) return [ok("CNI executable", `the one of this version (${wanted})`)];
  const text = `${path} (sha256 ${found}) is not the one of this version (${wanted})`;
  const remedy = `millrace install --no-conflist --bin-dir ${dirname(path)}`;
  return [warning("CNI executable", text, remedy)];
}

/** The first digits of the sha256 of a file; null when it cannot be read. */
function hashOf(path: string): string | null {
  try {
    const hash = createHash("sha256").update(readFileSync(path)).digest("hex");
    return hash.slice(0, SHOWN_DIGITS);
  } catch {
    return null;
  }
}
