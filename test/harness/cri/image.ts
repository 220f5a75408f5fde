import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { arch } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { must } from "../run.ts";
import { type TarEntry, tar } from "./tar.ts";

const SOURCE = fileURLToPath(new URL("init.c", import.meta.url));
const MEDIA = "application/vnd.oci.image";

/** Builds init.c, statically, since an image of it has nothing else. Returns its path. */
export async function buildInit(dir: string): Promise<string> {
  const path = join(dir, "init");
  await must("cc", ["-Os", "-s", "-static", "-o", path, SOURCE]);
  return path;
}

/**
 * Writes an image of one static executable that a runtime can import without a registry: a tar of
 * an OCI image layout (OCI image specification 1.0).
 * @param name with registry and tag, e.g. "millrace.test/pause:1"
 */
export function writeImage(path: string, name: string, executable: string): void {
  const layer = tar([
    ...["dev/", "etc/", "proc/", "sys/", "tmp/"].map((directory) => entry(directory, "")),
    entry("init", readFileSync(executable)),
  ]);
  const config = json({
    architecture: arch() === "x64" ? "amd64" : arch(),
    os: "linux",
    config: { Entrypoint: ["/init"] },
    rootfs: { type: "layers", diff_ids: [digest(layer)] },
  });
  const manifest = json({
    schemaVersion: 2,
    mediaType: `${MEDIA}.manifest.v1+json`,
    config: descriptor("config.v1+json", config),
    layers: [descriptor("layer.v1.tar", layer)],
  });
  const annotations = { "io.containerd.image.name": name };
  const index = json({
    schemaVersion: 2,
    manifests: [{ ...descriptor("manifest.v1+json", manifest), annotations }],
  });
  const blobs = [layer, config, manifest].map((blob) =>
    entry(`blobs/${digest(blob).replace(":", "/")}`, blob),
  );
  const layout = entry("oci-layout", json({ imageLayoutVersion: "1.0.0" }));
  writeFileSync(path, tar([layout, entry("index.json", index), ...blobs]));
}

const entry = (name: string, data: Buffer | string): TarEntry => ({
  name,
  data: Buffer.from(data),
});

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

const digest = (blob: Buffer): string =>
  `sha256:${createHash("sha256").update(blob).digest("hex")}`;

const descriptor = (kind: string, blob: Buffer) => ({
  mediaType: `${MEDIA}.${kind}`,
  digest: digest(blob),
  size: blob.length,
});
