import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { must } from "../../test/harness/run.ts";
import { benchBuildDirectory } from "../traffic/tools.ts";

const compileTimeoutMs = 60_000;

/** Compiles a program of this directory. @returns its path */
export async function buildTool(name: string): Promise<string> {
  const directory = benchBuildDirectory();
  mkdirSync(directory, { recursive: true });
  const path = join(directory, `route-${name}`);
  const source = join(import.meta.dirname, `${name}.cpp`);
  await must("c++", ["-std=c++20", "-O2", "-o", path, source], { timeoutMs: compileTimeoutMs });
  return path;
}
