// Makes the image without a registry: node deploy/image/build.ts OUT.tar [NAME:TAG]
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../src/setup/run.mjs";
import { imageArchive } from "./archive.ts";
import { programLayer } from "./program-layer.ts";
import { systemLayer } from "./system-layer.ts";

const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const [out, name = `millrace:${version}`] = process.argv.slice(2);

if (out === undefined) {
  console.error("which file? node deploy/image/build.ts OUT.tar [NAME:TAG]");
  process.exit(2);
}
try {
  const layers = [await systemLayer(AbortSignal.timeout(600_000)), await programLayer()];
  const archive = imageArchive(name, layers);
  writeFileSync(out, archive);
  console.log(`written    ${out}: ${name}, ${(archive.length / 1e6).toFixed(0)} MB`);
} catch (error) {
  console.error(`no image: ${(error as Error).message}`);
  process.exit(1);
}
