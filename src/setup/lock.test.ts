import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { withLock } from "./lock.mjs";
import { root } from "./run.mjs";

let dir: string;
let path: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "mr-lock-"));
  path = join(dir, "deep/lock");
});

afterEach(() => rmSync(dir, { recursive: true }));

const quiet = () => {};

describe("withLock", () => {
  it("returns what the body returns and lets the next one in", async () => {
    expect(await withLock(path, quiet, async () => 1)).toBe(1);
    expect(await withLock(path, quiet, async () => 2)).toBe(2);
  });

  it("lets the next one in after a body that failed", async () => {
    const failing = withLock(path, quiet, () => Promise.reject(new Error("no disk")));
    await expect(failing).rejects.toThrow("no disk");
    expect(await withLock(path, quiet, async () => 2)).toBe(2);
  });

  it("runs one body at a time and says that it waits", async () => {
    const order: string[] = [];
    const { promise: told, resolve: tell } = Promise.withResolvers<void>();
    let second: Promise<unknown> = Promise.resolve();
    await withLock(path, quiet, async () => {
      second = withLock(path, tell, async () => order.push("second"));
      await told;
      order.push("first");
    });
    await second;
    expect(order).toEqual(["first", "second"]);
  });

  it("is free again after its holder was killed", async () => {
    const module = resolve(root, "src/setup/lock.mjs");
    const script = `import { withLock } from ${JSON.stringify(module)};
      withLock(${JSON.stringify(path)}, () => {}, () => new Promise(() => {
        console.log("in");
        setInterval(() => {}, 1000);
      }));`;
    const holder = spawn(process.execPath, ["--input-type=module", "-e", script]);
    await once(holder.stdout, "data");
    holder.kill("SIGKILL");
    await once(holder, "close");
    expect(await withLock(path, quiet, async () => "mine")).toBe("mine");
  });
});
