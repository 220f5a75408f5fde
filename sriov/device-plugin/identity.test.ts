import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { identityOf } from "./identity.ts";

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "millrace-id-"));
});

afterEach(() => rmSync(dir, { recursive: true }));

test("A file is itself under another name, and nobody when it is gone", async () => {
  const path = join(dir, "a");
  expect(await identityOf(path)).toBeNull();
  writeFileSync(path, "");
  expect(await identityOf(path)).toBe(await identityOf(`${dir}/./a`));
});

test("A file that has the inode of the one before is another one", async ({ skip }) => {
  const path = join(dir, "a");
  for (let attempt = 0; attempt < 100; attempt++) {
    writeFileSync(path, "");
    const { ino } = statSync(path);
    const before = await identityOf(path);
    rmSync(path);
    writeFileSync(path, "");
    if (statSync(path).ino !== ino) continue;
    expect(await identityOf(path)).not.toBe(before);
    return;
  }
  skip(`the file system of ${dir} does not use an inode again so soon`);
});
