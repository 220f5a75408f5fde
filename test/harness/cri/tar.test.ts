import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { must } from "../run.ts";
import { ownName } from "../run-id.ts";
import { tar } from "./tar.ts";

it("tar unpacks directories and files of every length as they were", async () => {
  const dir = mkdtempSync(join(tmpdir(), ownName("tar", "")));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const files = [0, 1, 511, 512, 513, 100_000].map((length) => ({
    name: `made/file${length}`,
    data: Buffer.alloc(length, `${length}`),
  }));
  const archive = join(dir, "all.tar");
  writeFileSync(archive, tar([{ name: "made/", data: Buffer.alloc(0) }, ...files]));
  await must("tar", ["--extract", "--file", archive, "--directory", dir]);
  for (const { name, data } of files) expect(readFileSync(join(dir, name))).toEqual(data);
});

it("tar refuses a name that no header has room for", () => {
  const name = "n".repeat(101);
  expect(() => tar([{ name, data: Buffer.alloc(0) }])).toThrow("at most 100 bytes");
});
