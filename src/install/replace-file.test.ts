import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { expect, it } from "vitest";
import { testNode } from "./fixture.ts";
import { removeFile, replaceFile } from "./replace-file.ts";

const content = (text: string, mode = 0o755) => ({ bytes: Buffer.from(text), mode });

it("a file is replaced by a new one, with the mode that is wanted", async () => {
  const { at } = testNode();
  expect(await replaceFile(at("bin/tool"), content("one"))).toBe(true);
  const { ino } = statSync(at("bin/tool"));
  expect(await replaceFile(at("bin/tool"), content("two", 0o644))).toBe(true);
  expect(readFileSync(at("bin/tool"), "utf8")).toBe("two");
  expect(statSync(at("bin/tool")).mode & 0o7777).toBe(0o644);
  expect(statSync(at("bin/tool")).ino).not.toBe(ino);
  expect(readdirSync(at("bin"))).toEqual(["tool"]);
});

it("a file that is as it should be is not touched, one with another mode is replaced", async () => {
  const { at } = testNode();
  await replaceFile(at("bin/tool"), content("one"));
  const { ino, mtimeMs } = statSync(at("bin/tool"));
  expect(await replaceFile(at("bin/tool"), content("one"))).toBe(false);
  expect(statSync(at("bin/tool"))).toMatchObject({ ino, mtimeMs });
  expect(await replaceFile(at("bin/tool"), content("one", 0o700))).toBe(true);
});

it("a program goes on that runs while its executable is replaced and removed", async () => {
  const { at } = testNode();
  copyFileSync("/bin/cat", at("bin/cat"));
  const running = spawn(at("bin/cat"), { stdio: ["pipe", "pipe", "inherit"] });
  await once(running, "spawn");
  await replaceFile(at("bin/cat"), content("another"));
  expect(await removeFile(at("bin/cat"))).toBe(true);
  running.stdin.end("still here");
  const [said] = await once(running.stdout, "data");
  expect(String(said)).toBe("still here");
});

it("what an installation that was killed has left is removed, what one writes now is not", async () => {
  const { at } = testNode();
  for (const age of ["old", "new"]) writeFileSync(at(`bin/.tool.new-${age}`), "half");
  utimesSync(at("bin/.tool.new-old"), 0, 0);
  await replaceFile(at("bin/tool"), content("one"));
  expect(readdirSync(at("bin")).sort()).toEqual([".tool.new-new", "tool"]);
});

it("a directory that cannot be written is named", async () => {
  const { at } = testNode();
  writeFileSync(at("file"), "");
  await expect(replaceFile(at("file/tool"), content("one"))).rejects.toThrow(
    `${at("file/tool")} cannot be written: E`,
  );
});

it("what is not there need not be removed", async () => {
  const { at } = testNode();
  expect(await removeFile(at("bin/tool"))).toBe(false);
});
