import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  globSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { rolldown } from "rolldown";
import { root } from "../../src/setup/run.mjs";

const BUILD = join(root, "build");
const PREFIX = "guest-cli-";
const START = "start.mjs";
const LONGEST_RUN_MS = 24 * 3600 * 1000;

// Agents of tests are killed, and what they have compiled would go with them.
const START_CODE = `import module from "node:module";
module.enableCompileCache(new URL("cache", import.meta.url).pathname);
setInterval(() => module.flushCompileCache(), 2000).unref();
await import("./main.mjs");
`;

/**
 * A guest opens files slowly, and an agent that is read from its 700 takes five times as long to
 * start.
 * @returns what tells a guest of the program in few files, for env(1)
 */
export async function cliForGuests(): Promise<string[]> {
  return [`MILLRACE_CLI=${join(await bundledCli(), START)}`];
}

/** Our command line program in a few files. @returns the directory that they are in */
export async function bundledCli(): Promise<string> {
  const files = await bundle();
  const hash = createHash("sha256")
    .update(JSON.stringify([...files]))
    .digest("hex");
  // As deep as src/cli is: the code looks for package.json and the addon from where it lies. Never
  // written again, as another guest may run it.
  const dir = join(BUILD, `${PREFIX}${hash.slice(0, 12)}`);
  if (!existsSync(dir)) {
    removeOld();
    write(files, dir);
  }
  return dir;
}

async function bundle(): Promise<Map<string, string>> {
  const input = { main: join(root, "src/cli/main.ts") };
  // CommonJS that looks for files of its own, and which few tests need.
  const external = [/^@grpc\//, /^@kubernetes\//, "etcd3"];
  await using all = await rolldown({ input, external, platform: "node", cwd: root });
  const { output } = await all.generate({ format: "esm", entryFileNames: "[name].mjs" });
  const chunks = output.flatMap((one) => (one.type === "chunk" ? [one] : []));
  return new Map(chunks.map(({ fileName, code }) => [fileName, code]));
}

function removeOld(): void {
  for (const dir of globSync(join(BUILD, `${PREFIX}*`))) {
    const { mtimeMs } = statSync(dir);
    if (Date.now() - mtimeMs > LONGEST_RUN_MS) rmSync(dir, { recursive: true, force: true });
  }
}

function write(files: ReadonlyMap<string, string>, dir: string): void {
  const unfinished = mkdtempSync(`${dir}-`);
  for (const [name, code] of files) writeFileSync(join(unfinished, name), code);
  writeFileSync(join(unfinished, START), START_CODE);
  for (const file of globSync(join(root, "sriov/device-plugin/*.proto"))) {
    copyFileSync(file, join(unfinished, basename(file)));
  }
  renameSync(unfinished, dir);
}
