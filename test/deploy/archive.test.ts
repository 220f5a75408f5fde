import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { imageArchive } from "../../deploy/image/archive.ts";
import { text } from "../../deploy/image/entries.ts";
import { must } from "../harness/run.ts";

/** The annotations and the names for Docker that an archive of an image has. */
async function namesIn(name: string) {
  const dir = mkdtempSync(join(tmpdir(), "millrace-archive-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const file = join(dir, "image.tar");
  writeFileSync(file, imageArchive(name, [[text("etc/hello", "hi")]], { Cmd: ["/init"] }));
  await must("tar", ["--extract", "--file", file, "--directory", dir]);
  const json = (path: string) => JSON.parse(readFileSync(join(dir, path), "utf8"));
  const [{ annotations }] = json("index.json").manifests;
  const [{ RepoTags: docker }] = json("manifest.json");
  const tag = annotations["org.opencontainers.image.ref.name"];
  return { tag, full: annotations["io.containerd.image.name"], docker };
}

it.each([
  ["millrace:0.1.0", "0.1.0", "docker.io/library/millrace:0.1.0"],
  ["ghcr.io/us/millrace:v1", "v1", "ghcr.io/us/millrace:v1"],
  ["registry.example:5000/millrace:0.1.0", "0.1.0", "registry.example:5000/millrace:0.1.0"],
  ["localhost:5000/us/millrace", "latest", "localhost:5000/us/millrace"],
])("an image %s has the tag %s", async (name, tag, full) => {
  expect(await namesIn(name)).toEqual({ tag, full, docker: [name] });
});
