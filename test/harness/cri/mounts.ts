import { readFileSync } from "node:fs";
import { run } from "../run.ts";

export interface Mount {
  path: string;
  /** Mounts made below it appear in other mount namespaces as well. */
  shared: boolean;
}

/** What is mounted in the mount namespace of a process (proc(5), mountinfo). */
export function mountsOf(pid: number | "self"): Mount[] {
  const lines = readFileSync(`/proc/${pid}/mountinfo`, "utf8").trimEnd().split("\n");
  return lines.map((line) => {
    const fields = line.split(" ");
    const optional = fields.slice(6, fields.indexOf("-"));
    return { path: unescaped(fields[4] ?? ""), shared: optional.some(isShared) };
  });
}

/** Unmounts everything below a directory, last things first, used or not. */
export async function unmountBelow(dir: string): Promise<void> {
  for (const path of mountedBelow(dir).reverse()) {
    const { exitCode, stderr } = await run("umount", ["--lazy", path]);
    // Two runs that start together sweep the same leftovers; one of them comes second.
    if (exitCode !== 0 && mountedBelow(dir).includes(path)) throw new Error(stderr.trim());
  }
}

const mountedBelow = (dir: string): string[] =>
  mountsOf("self")
    .map(({ path }) => path)
    .filter((path) => path.startsWith(`${dir}/`));

const isShared = (field: string): boolean => field.startsWith("shared:");

const unescaped = (path: string): string =>
  path.replace(/\\(\d{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8)));
