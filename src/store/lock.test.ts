import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bootId } from "./boot-id.ts";
import { lockStateDir, type StateLock } from "./lock.ts";

let dir: string;
let child: ChildProcess | null = null;
let lock: StateLock | null = null;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "mr-lock-"));
});

afterEach(() => {
  child?.kill("SIGKILL");
  lock?.release();
  child = lock = null;
  rmSync(dir, { recursive: true, force: true });
});

/** Another process that takes the lock and keeps it. */
async function startHolder(): Promise<ChildProcess> {
  const module = new URL("./lock.ts", import.meta.url).href;
  const script = `
    const { lockStateDir } = await import(${JSON.stringify(module)});
    await lockStateDir(process.argv[1]);
    console.log("locked");
    setInterval(() => {}, 1000);`;
  child = spawn(process.execPath, ["--input-type=module", "-e", script, dir], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (child.stdout) await once(child.stdout, "data");
  return child;
}

const pidFile = () => join(dir, "agent.pid");

describe("the lock of a state directory", () => {
  it("lets one process in and names it to the next", async () => {
    const holder = await startHolder();
    await expect(lockStateDir(dir)).rejects.toMatchObject({
      code: "locked",
      message: expect.stringContaining(
        `${dir} is in use by the agent with PID ${holder.pid}: stop`,
      ),
    });
  });

  it("is free again after kill -9 of its holder", async () => {
    const holder = await startHolder();
    holder.kill("SIGKILL");
    await once(holder, "exit");
    expect(existsSync(pidFile())).toBe(true);
    lock = await lockStateDir(dir);
    expect(JSON.parse(readFileSync(pidFile(), "utf8")).pid).toBe(process.pid);
  });

  it("respects a PID file whose process lives in another network namespace", async () => {
    const startTicks = readFileSync("/proc/1/stat", "latin1").split(") ")[1]?.split(" ")[19];
    writeFileSync(pidFile(), JSON.stringify({ pid: 1, startTicks, bootId: bootId() }));
    await expect(lockStateDir(dir)).rejects.toThrow("in use by the agent with PID 1");
  });

  it.each([
    ["of a process that took over the PID", { pid: 1, startTicks: "0", bootId: bootId() }],
    ["of another boot", { pid: process.pid, startTicks: "0", bootId: "other" }],
    ["of a process that is gone", { pid: 2 ** 22 + 1, startTicks: "5", bootId: bootId() }],
  ])("ignores the PID file %s", async (_, owner) => {
    writeFileSync(pidFile(), JSON.stringify(owner));
    lock = await lockStateDir(dir);
  });

  it("ignores a PID file that a crash left half-written", async () => {
    writeFileSync(pidFile(), '{"pid":');
    lock = await lockStateDir(dir);
  });

  it("is given back by release", async () => {
    (await lockStateDir(dir)).release();
    expect(existsSync(pidFile())).toBe(false);
    lock = await lockStateDir(dir);
  });
});
