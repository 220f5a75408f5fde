// Makes the image without a registry: node deploy/image/build.ts OUT.tar [NAME:TAG]
// Exit status 2 for a wrong call, 3 when the libraries cannot be had on this machine, else 1.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../src/setup/run.mjs";
import { imageArchive } from "./archive.ts";
import { programLayer } from "./program-layer.ts";
import { systemLayer } from "./system-layer.ts";

const RUN = { Env: ["PATH=/usr/bin"], Cmd: ["millrace", "help"], WorkingDir: "/" };

const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const [out, name = `millrace:${version}`] = process.argv.slice(2);

if (out === undefined) {
  console.error("which file? node deploy/image/build.ts OUT.tar [NAME:TAG]");
  process.exit(2);
}

function giveUp(status: number, error: Error): never {
  console.error(`no image: ${error.message}`);
  process.exit(status);
}

const signal = AbortSignal.timeout(600_000);
const system = await systemLayer(signal).catch((error: Error) => giveUp(3, error));
const program = await programLayer().catch((error: Error) => giveUp(1, error));
try {
  const archive = imageArchive(name, [system, program], RUN);
  writeFileSync(out, archive);
  console.log(`written    ${out}: ${name}, ${(archive.length / 1e6).toFixed(0)} MB`);
} catch (error) {
  giveUp(1, error as Error);
}
