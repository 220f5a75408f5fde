import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { root } from "../../src/setup/run.mjs";
import { copiedBelow } from "./entries.ts";
import type { TarEntry } from "./tar.ts";

/** Packages that the bundled program loads from node_modules. */
const LOADED = ["@grpc/grpc-js", "@grpc/proto-loader", "@kubernetes/client-node", "etcd3"];

/** What programs read; types, maps and documentation are most of a package. */
const KEPT = /(\.(c?js|mjs|json|proto)|^LICENSE.*)$/;

/** Those packages and all they depend on, below `path` as they lie in node_modules. */
export function moduleEntries(path: string): TarEntry[] {
  const dirs = new Set<string>();
  for (const name of LOADED) collect(name, root, dirs);
  return [...dirs].flatMap((dir) => {
    const inside = relative(root, dir);
    return filesOf(`${path}/${inside}`, dir);
  });
}

/** Packages inside of it are others, which are there when something depends on them. */
function filesOf(path: string, dir: string): TarEntry[] {
  const all = copiedBelow(path, dir, (name) => KEPT.test(name));
  return all.filter((entry) => !entry.path.slice(path.length).includes("/node_modules/"));
}

function collect(name: string, from: string, dirs: Set<string>): void {
  const dir = find(name, from);
  if (dirs.has(dir)) return;
  dirs.add(dir);
  const { dependencies = {} } = JSON.parse(readFileSync(join(dir, "package.json"), "utf8"));
  for (const needed of Object.keys(dependencies)) collect(needed, dir, dirs);
}

/** Where Node looks for it: in each node_modules on the way up. */
function find(name: string, from: string): string {
  for (let at = from; ; at = dirname(at)) {
    const dir = join(at, "node_modules", name);
    if (existsSync(join(dir, "package.json"))) return dir;
    if (at === dirname(at)) throw new Error(`${name} is not installed: run "npm run setup"`);
  }
}
