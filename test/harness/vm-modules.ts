import { globSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { must } from "./run.ts";

/** A kernel's modules as their package has them: compressed one by one. */
interface ModuleTree {
  dir: string;
  /** Of every module: its path below `dir`. */
  paths: Map<string, string>;
  builtin: Set<string>;
}

/**
 * Takes modules with all they depend on into a tree of their own, uncompressed, with the indexes
 * of modprobe.
 * @param from the package's lib/modules/RELEASE
 * @param to root of the new tree
 * @throws Error naming a module that the kernel does not have
 */
export async function collectModules(
  { busybox, from, to }: { busybox: string; from: string; to: string },
  wanted: readonly string[],
): Promise<void> {
  const release = basename(from);
  const target = join(to, "lib/modules", release);
  const tree = readTree(from);
  const taken = new Set<string>();
  for (let next = [...wanted].map(normal); next.length > 0; ) {
    const paths = [...new Set(next)].flatMap((name) => pathOf(tree, name, taken));
    next = paths.length === 0 ? [] : await take(busybox, tree, target, paths);
  }
  for (const index of ["modules.builtin", "modules.builtin.modinfo", "modules.order"]) {
    renameSync(join(from, index), join(target, index));
  }
  await must(busybox, ["depmod", "-b", to, release]);
}

function readTree(dir: string): ModuleTree {
  const names = (paths: string[]) => paths.map((path): [string, string] => [nameOf(path), path]);
  const builtin = readFileSync(join(dir, "modules.builtin"), "utf8").trim().split("\n");
  return {
    dir,
    paths: new Map(names(globSync("kernel/**/*.ko.xz", { cwd: dir }))),
    builtin: new Set(names(builtin).map(([name]) => name)),
  };
}

/** @returns nothing when it is there already */
function pathOf(tree: ModuleTree, name: string, taken: Set<string>): string[] {
  if (taken.has(name) || tree.builtin.has(name)) return [];
  const path = tree.paths.get(name);
  if (path === undefined) throw new Error(`this kernel has no module ${name}`);
  taken.add(name);
  return [path];
}

/** @returns the modules that these depend on */
async function take(
  busybox: string,
  { dir }: ModuleTree,
  target: string,
  paths: string[],
): Promise<string[]> {
  await must(busybox, ["unxz", ...paths.map((path) => join(dir, path))], { timeoutMs: 120_000 });
  return paths.flatMap((path) => {
    const plain = path.replace(/\.xz$/, "");
    mkdirSync(dirname(join(target, plain)), { recursive: true });
    renameSync(join(dir, plain), join(target, plain));
    return dependenciesOf(readFileSync(join(target, plain)));
  });
}

/** From the section .modinfo: "depends=mdio,dca". */
export function dependenciesOf(module: Buffer): string[] {
  const [, names = ""] = /(?:^|\0)depends=([^\0]*)\0/.exec(module.toString("latin1")) ?? [];
  return names === "" ? [] : names.split(",").map(normal);
}

const nameOf = (path: string) => normal(basename(path).replace(/\.ko(\.xz)?$/, ""));
/** File names may have "-" where the module has "_". */
const normal = (name: string) => name.replaceAll("-", "_");
