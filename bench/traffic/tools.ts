import { existsSync } from "node:fs";
import { resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");

/** Path of a file of the native build. @throws Error naming the remedy when it is not there */
export function builtFile(name: string): string {
  const path = resolve(root, "build/Release", name);
  if (!existsSync(path)) throw new Error(`${path} is missing: run "npm run build"`);
  return path;
}

/** Directory for what the bench builds itself; below build/, which no commit holds. */
export function benchBuildDirectory(): string {
  return resolve(root, "build/bench");
}
