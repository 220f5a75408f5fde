import { readFileSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { capture, root, runLogged, SetupError, tail } from "./run.mjs";

const log = "run-test.log";
const path = resolve(root, "build/log", log);
const node = process.execPath;

beforeEach(() => {
  vi.spyOn(console, "log").mockImplementation(() => {});
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(path, { force: true });
});

describe("tail", () => {
  it("keeps the last lines without colours, blank lines and overwritten progress", () => {
    expect(tail("one\n\n\u001b[31mtwo\u001b[0m\n10 %\r90 %\n", 2)).toEqual(["two", "90 %"]);
  });
});

describe("capture", () => {
  it("returns what a failing command printed", () => {
    expect(capture(node, ["-e", "console.log('known'); process.exit(1)"])).toBe("known\n");
  });

  it("returns null when there is no such command", () => {
    expect(capture("mr-no-such-command", [])).toBeNull();
  });
});

describe("runLogged", () => {
  it("writes both outputs to the log and tells how long it took", async () => {
    const script = "console.log('out'); console.error('err')";
    const seconds = await runLogged({ title: "writing", command: node, args: ["-e", script], log });
    expect(readFileSync(path, "utf8")).toMatch(/out\n.*err\n/s);
    expect(seconds).toBeLessThan(10);
  });

  it("fails with the end of this run's log, the log's path and the remedy", async () => {
    const run = (script: string) =>
      runLogged({
        title: "building",
        command: node,
        args: ["-e", script],
        log,
        remedy: "buy disks",
      });
    await run("console.log('earlier run')");
    const error = await run("console.log('disk full'); process.exit(3)").catch((cause) => cause);
    expect(error).toBeInstanceOf(SetupError);
    expect(error.message).toMatch(/building: .* exited with 3\n {4}disk full\n/);
    expect(error.message).toContain(path);
    expect(error.message).not.toContain("earlier run");
    expect(error.remedy).toBe("buy disks");
  });

  it("fails in words when the command does not exist", async () => {
    const run = runLogged({ title: "building", command: "mr-no-such-command", args: [], log });
    await expect(run).rejects.toThrow(/building: mr-no-such-command could not be started/);
  });
});
