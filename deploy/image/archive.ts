import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { inOrder, text } from "./entries.ts";
import { type TarEntry, tar } from "./tar.ts";

const OCI = "application/vnd.oci.image";
/** Of everything in the image: the same content is the same image. */
const CREATED = "1970-01-01T00:00:00Z";

interface Blob {
  digest: string;
  data: Buffer;
}

interface Layer extends Blob {
  /** Digest of what is compressed. */
  diffId: string;
}

/**
 * An image as one file: an OCI image layout (image-spec 1.1), and beside it the index that
 * "docker load" of any age reads.
 * @param name with its tag, as in manifests: millrace:0.1.0, registry.example:5000/millrace:0.1.0
 * @param layers the lowest first
 * @param run how its program is started (image-spec 1.1, "config")
 */
export function imageArchive(
  name: string,
  layers: readonly TarEntry[][],
  run: Readonly<Record<string, unknown>>,
): Buffer {
  const packed = layers.map(packLayer);
  const config = blob(configOf(packed, run));
  const manifest = blob({
    ...{ schemaVersion: 2, mediaType: `${OCI}.manifest.v1+json` },
    config: descriptor(config, "config.v1+json"),
    layers: packed.map((layer) => descriptor(layer, "layer.v1.tar+gzip")),
  });
  const index = {
    ...{ schemaVersion: 2, mediaType: `${OCI}.index.v1+json` },
    manifests: [{ ...descriptor(manifest, "manifest.v1+json"), annotations: namesOf(name) }],
  };
  const docker = [
    { Config: pathOf(config), RepoTags: [name], Layers: packed.map((layer) => pathOf(layer)) },
  ];
  const files = [
    text("oci-layout", JSON.stringify({ imageLayoutVersion: "1.0.0" })),
    text("index.json", JSON.stringify(index)),
    text("manifest.json", JSON.stringify(docker)),
    ...[config, manifest, ...packed].map(asFile),
  ];
  return tar(inOrder(files));
}

function packLayer(entries: readonly TarEntry[]): Layer {
  const content = tar(inOrder(entries));
  return { ...blobOf(gzipSync(content, { level: 6 })), diffId: digestOf(content) };
}

function configOf(layers: readonly Layer[], run: object): object {
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  return {
    ...{ created: CREATED, architecture, os: "linux" },
    config: run,
    rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map(() => ({ created: CREATED, created_by: "deploy/image/archive.ts" })),
  };
}

/**
 * Annotations with an image's name; "ctr images import" takes the full name from the second one.
 * @param name whose registry may have a port, which is no tag
 */
function namesOf(name: string): Record<string, string> {
  const [, tag = "latest"] = /:([^:/]+)$/.exec(name) ?? [];
  return {
    "org.opencontainers.image.ref.name": tag,
    "io.containerd.image.name": name.includes("/") ? name : `docker.io/library/${name}`,
  };
}

const digestOf = (data: Buffer) => `sha256:${createHash("sha256").update(data).digest("hex")}`;
const blobOf = (data: Buffer): Blob => ({ digest: digestOf(data), data });
const blob = (content: object): Blob => blobOf(Buffer.from(JSON.stringify(content)));
const pathOf = ({ digest }: Blob) => `blobs/${digest.replace(":", "/")}`;
const asFile = (one: Blob): TarEntry => ({
  ...{ kind: "file", path: pathOf(one), mode: 0o644, data: one.data },
});

const descriptor = ({ digest, data }: Blob, type: string) => ({
  ...{ mediaType: `${OCI}.${type}`, digest, size: data.length },
});
