import {
  accessSync,
  constants,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { withLock } from "../../src/setup/lock.mjs";
import { GO_RECIPES, type GoRecipe, type GoToolName } from "./go-recipes.ts";
import { must } from "./run.ts";
import { ownName } from "./run-id.ts";

/** A program that tests run as a peer: where it is, or why it is not there. */
export type GoTool = { path: string; lacks: "" } | { path: ""; lacks: string };

/** Shared by all checkouts of a user: a build takes minutes. */
const STORE = join(homedir(), ".cache/millrace/go");
const BUILD_LIMIT_MS = 20 * 60_000;

const asked = new Map<GoToolName, Promise<GoTool>>();

/**
 * Finds a program, and builds it where a test may and there is none. It is looked for where its
 * environment variable points (FLANNELD, KUBE_APISERVER), else among those built before.
 * @param onBuild called before it is built; with it, those are built too that take long
 */
export function goTool(name: GoToolName, onBuild?: () => void): Promise<GoTool> {
  const known = asked.get(name) ?? findOrBuild(name, onBuild);
  asked.set(name, known);
  return known;
}

/** Those that a test builds when it needs them. */
export function toolsOnDemand(): GoToolName[] {
  return (Object.keys(GO_RECIPES) as GoToolName[]).filter((name) => GO_RECIPES[name].onDemand);
}

async function findOrBuild(name: GoToolName, onBuild?: () => void): Promise<GoTool> {
  const recipe: GoRecipe = GO_RECIPES[name];
  const named = namedTool(name, recipe.variable);
  if (named !== null) return named;
  const path = storedPath(name);
  if (isExecutable(path)) return { path, lacks: "" };
  if (!recipe.onDemand && onBuild === undefined) {
    const how = `name it in ${recipe.variable} or run node test/harness/build-go-tools.ts ${name}`;
    return { path: "", lacks: `needs ${name}, which takes long to build: ${how}` };
  }
  onBuild?.();
  return await buildGoTool(name).then(
    () => ({ path, lacks: "" }),
    (error: Error) => ({ path: "", lacks: `needs ${name}, built by Go: ${inShort(error)}` }),
  );
}

/** The program that an environment variable names; null when that is not set. */
export function namedTool(name: string, variable: string): GoTool | null {
  const path = process.env[variable];
  if (path === undefined) return null;
  if (isExecutable(path)) return { path, lacks: "" };
  return { path: "", lacks: `needs ${name}: ${variable}=${path} cannot be executed` };
}

function storedPath(name: GoToolName): string {
  return join(STORE, `${name}-${GO_RECIPES[name].version}`);
}

/** Builds a program with one CPU, at low priority. @throws Error with what go said */
export async function buildGoTool(name: GoToolName): Promise<string> {
  const target = storedPath(name);
  await withLock(
    join(STORE, `${name}.lock`),
    () => {},
    async () => {
      if (!isExecutable(target)) await build(GO_RECIPES[name], target);
    },
  );
  return target;
}

async function build(recipe: GoRecipe, target: string): Promise<void> {
  mkdirSync(STORE, { recursive: true });
  const dir = mkdtempSync(join(tmpdir(), ownName("go", "")));
  const env = {
    ...(process.env as Record<string, string>),
    ...{ GOFLAGS: "-mod=mod", GOTOOLCHAIN: "local", GOMAXPROCS: "1", CGO_ENABLED: "0" },
    ...{ GOWORK: "off" },
  };
  // go has no option for the directory of every subcommand, and a child's is not ours to change.
  const inside = (file: string, args: readonly string[]) =>
    must("env", ["-C", dir, "nice", "-n", "15", file, ...args], { env, timeoutMs: BUILD_LIMIT_MS });
  try {
    await must("go", ["version"]);
    await inside("go", ["mod", "init", "millrace.test/tool"]);
    const args = await recipe.prepare(dir, inside);
    const built = join(dir, "built");
    await inside("go", ["build", "-p", "1", "-trimpath", "-o", built, ...args]);
    // The directory may be on another file system, and half a file must never be found.
    copyFileSync(built, `${target}.new`);
    renameSync(`${target}.new`, target);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The last line that says something; of JSON, as of "go mod download -json", its error. */
function inShort({ message }: Error): string {
  const [, quoted] = /"Error": "((?:[^"\\]|\\.)*)"/.exec(message) ?? [];
  return quoted ?? message.trim().split("\n").at(-1)?.trim() ?? "";
}
