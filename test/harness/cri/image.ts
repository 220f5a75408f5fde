import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { imageArchive } from "../../../deploy/image/archive.ts";
import { copied, directory } from "../../../deploy/image/entries.ts";
import { must } from "../run.ts";

const SOURCE = fileURLToPath(new URL("init.c", import.meta.url));

/** Builds init.c, statically, since an image of it has nothing else. Returns its path. */
export async function buildInit(dir: string): Promise<string> {
  const path = join(dir, "init");
  await must("cc", ["-Os", "-s", "-static", "-o", path, SOURCE]);
  return path;
}

/**
 * Writes an image of one static executable that a runtime can import without a registry.
 * @param name with registry and tag, e.g. "millrace.test/pause:1"
 */
export function writeImage(path: string, name: string, executable: string): void {
  const directories = ["dev", "etc", "proc", "sys", "tmp"].map((one) => directory(one));
  const layer = [...directories, copied("init", executable)];
  writeFileSync(path, imageArchive(name, [layer], { Entrypoint: ["/init"] }));
}
