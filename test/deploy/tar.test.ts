import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { inOrder, link, text } from "../../deploy/image/entries.ts";
import { type TarEntry, tar } from "../../deploy/image/tar.ts";
import { must } from "../harness/run.ts";

const LONG = `${"directory/".repeat(14)}${"f".repeat(99)}`;

/** What GNU tar reads in it: mode, owner and size, time, path. */
async function listed(entries: readonly TarEntry[]): Promise<string[]> {
  const dir = mkdtempSync(join(tmpdir(), "millrace-tar-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const file = join(dir, "test.tar");
  writeFileSync(file, tar(entries));
  const env = { ...(process.env as Record<string, string>), TZ: "UTC" };
  const listing = await must("tar", ["--numeric-owner", "-tvf", file], { env });
  return listing
    .trim()
    .split("\n")
    .map((line) => line.replaceAll(/ +/g, " "));
}

it("tar reads what is written: root's, without time, directories before what is in them", async () => {
  const entries = inOrder([text("usr/bin/tool", "#!\n", 0o755), link("bin", "usr/bin")]);
  expect(await listed(entries)).toEqual([
    "lrwxrwxrwx 0/0 0 1970-01-01 00:00 bin -> usr/bin",
    "drwxr-xr-x 0/0 0 1970-01-01 00:00 usr/",
    "drwxr-xr-x 0/0 0 1970-01-01 00:00 usr/bin/",
    "-rwxr-xr-x 0/0 3 1970-01-01 00:00 usr/bin/tool",
  ]);
});

it("a path of more than 100 bytes is divided, one that cannot be is refused", async () => {
  const [line] = await listed([text(LONG, "x".repeat(513))]);
  expect(line).toBe(`-rw-r--r-- 0/0 513 1970-01-01 00:00 ${LONG}`);
  expect(() => tar([text("f".repeat(101), "")])).toThrow("at most 255 bytes");
});

it("tar unpacks files of every length as they were", async () => {
  const dir = mkdtempSync(join(tmpdir(), "millrace-tar-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const files = [0, 1, 511, 512, 513, 100_000].map((length) =>
    text(`made/file${length}`, `${length}`.padEnd(length, "x").slice(0, length)),
  );
  const archive = join(dir, "all.tar");
  writeFileSync(archive, tar(inOrder(files)));
  await must("tar", ["--extract", "--file", archive, "--directory", dir]);
  for (const entry of files) {
    expect(readFileSync(join(dir, entry.path))).toEqual(entry.kind === "file" && entry.data);
  }
});
