import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../src/setup/run.mjs";
import { ADDON, CNI_EXECUTABLE } from "../../test/harness/paths.ts";
import { bundledCli } from "../../test/harness/vm-cli.ts";
import { copied, link, text } from "./entries.ts";
import { moduleEntries } from "./modules.ts";
import type { TarEntry } from "./tar.ts";

const HOME = "usr/lib/millrace";
/** As deep as src/cli is: the code looks for package.json and the addon from where it lies. */
const CLI = `${HOME}/build/cli`;

const START = `#!/usr/bin/node
await import("./main.mjs");
`;

/**
 * The upper layer: the program in few files, its addon, the CNI executable and what they load.
 * @throws Error in words when something is not built
 */
export async function programLayer(): Promise<TarEntry[]> {
  for (const path of [ADDON, CNI_EXECUTABLE]) {
    if (!existsSync(path)) throw new Error(`${path} is missing: run "npm run build"`);
  }
  const bundled = await bundledCli();
  const files = readdirSync(bundled).filter((name) => /^(?!start).*\.(m?js|proto)$/.test(name));
  return [
    ...files.map((name) => copied(`${CLI}/${name}`, join(bundled, name))),
    text(`${CLI}/millrace.mjs`, START, 0o755),
    link("usr/bin/millrace", "../lib/millrace/build/cli/millrace.mjs"),
    copied(`${HOME}/package.json`, join(root, "package.json")),
    copied(`${HOME}/LICENSE`, join(root, "LICENSE")),
    copied(`${HOME}/build/Release/millrace.node`, ADDON),
    copied(`${HOME}/build/Release/millrace`, CNI_EXECUTABLE),
    ...moduleEntries(HOME),
  ];
}
