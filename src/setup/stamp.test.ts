import { mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { digest, filesBelow, isCurrent, writeStamp } from "./stamp.mjs";

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "mr-stamp-"));
  mkdirSync(join(dir, "native/graph"), { recursive: true });
  writeFileSync(join(dir, "native/a.cpp"), "int a;");
  writeFileSync(join(dir, "native/graph/b.hpp"), "int b;");
  writeFileSync(join(dir, "native/notes.md"), "notes");
});

afterEach(() => rmSync(dir, { recursive: true }));

const now = () => digest(dir, filesBelow(join(dir, "native"), /\.(cpp|hpp)$/), ["cmake 3.25"]);

describe("filesBelow", () => {
  it("finds accepted files at any depth and nothing else", () => {
    expect(filesBelow(join(dir, "native"), /\.(cpp|hpp)$/)).toEqual([
      join(dir, "native/a.cpp"),
      join(dir, "native/graph/b.hpp"),
    ]);
  });

  it("finds nothing below a directory that does not exist", () => {
    expect(filesBelow(join(dir, "absent"), /./)).toEqual([]);
  });
});

describe("digest", () => {
  it("stays the same when only times and other files change", () => {
    const before = now();
    utimesSync(join(dir, "native/a.cpp"), 1, 1);
    writeFileSync(join(dir, "native/notes.md"), "other notes");
    expect(now()).toBe(before);
  });

  it("changes with a content", () => {
    const before = now();
    writeFileSync(join(dir, "native/a.cpp"), "int c;");
    expect(now()).not.toBe(before);
  });

  it("changes when a file is renamed or removed", () => {
    const before = now();
    renameSync(join(dir, "native/a.cpp"), join(dir, "native/c.cpp"));
    const renamed = now();
    rmSync(join(dir, "native/c.cpp"));
    expect(new Set([before, renamed, now()]).size).toBe(3);
  });

  it("changes with a fact, such as the version of a library", () => {
    expect(digest(dir, [], ["libbpf 1.1"])).not.toBe(digest(dir, [], ["libbpf 1.2"]));
  });
});

describe("isCurrent", () => {
  it("asks for the same digest and for every output", () => {
    const stamp = join(dir, "build/.stamp");
    const output = join(dir, "native/a.cpp");
    expect(isCurrent(stamp, "one", [output])).toBe(false);
    writeStamp(stamp, "one");
    expect(isCurrent(stamp, "one", [output])).toBe(true);
    expect(isCurrent(stamp, "two", [output])).toBe(false);
    expect(isCurrent(stamp, "one", [output, join(dir, "gone")])).toBe(false);
  });
});
