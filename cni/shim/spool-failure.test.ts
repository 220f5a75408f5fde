import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ADD_ENV, CONFIG, NOT_BUILT, runShim, SHIM, Sockets, shimIsBuilt } from "./run-shim.ts";

let sockets: Sockets;
let spool: string;
let env: Record<string, string>;
beforeEach((context) => {
  context.skip(!shimIsBuilt, NOT_BUILT);
  sockets = new Sockets();
  spool = sockets.path("spool");
  mkdirSync(spool, { mode: 0o700 });
  const paths = { MILLRACE_SOCKET: sockets.path("nobody.sock"), MILLRACE_SPOOL: spool };
  env = { ...ADD_ENV, CNI_COMMAND: "DEL", ...paths };
});
afterEach(() => sockets?.dispose());

/** The runtime repeats the call, and the details say why it has to. */
function expectRefusal(stdout: string | Buffer, reason: string): void {
  const error = JSON.parse(`${stdout}`);
  expect(error).toMatchObject({ code: 11, msg: "the millrace agent is not reachable" });
  expect(error.details).toContain(env["MILLRACE_SOCKET"]);
  expect(error.details).toContain(
    `could not be kept for it in ${env["MILLRACE_SPOOL"]}: ${reason}`,
  );
}

describe("a DEL that cannot be spooled", () => {
  it("because files may not grow so far is refused, and leaves no half of a file", () => {
    for (const bytes of [0, 1, 100, 200]) {
      const limits = [`--fsize=${bytes}`, SHIM];
      const { status, stdout } = spawnSync("prlimit", limits, { env, input: CONFIG });
      expect(status).toBe(1);
      expectRefusal(stdout, "File too large");
      expect(readdirSync(spool)).toEqual([]);
    }
  });

  it("because the disk is full is refused, and leaves no half of a file", (context) => {
    const script = `mount -t tmpfs -o size=4096,mode=0700 none "$MILLRACE_SPOOL" || exit 77
      dd if=/dev/zero of="$MILLRACE_SPOOL/full" bs=4096 count=1 2>/dev/null
      "$0"; ls -A "$MILLRACE_SPOOL" >&2`;
    const args = ["-m", "sh", "-c", script, SHIM];
    const options = { env: { ...env, PATH: process.env["PATH"] }, input: CONFIG };
    const { status, stdout, stderr } = spawnSync("unshare", args, options);
    context.skip(status !== 0, `needs root, to mount a tmpfs: ${stderr}`);
    expectRefusal(stdout, "No space left on device");
    expect(`${stderr}`).toBe("full\n");
  });

  it("because the directory is mounted read-only is refused", (context) => {
    const script = `mount --bind "$MILLRACE_SPOOL" "$MILLRACE_SPOOL" &&
      mount -o remount,bind,ro "$MILLRACE_SPOOL" || exit 77
      "$0"; exit 0`;
    const args = ["-m", "sh", "-c", script, SHIM];
    const options = { env: { ...env, PATH: process.env["PATH"] }, input: CONFIG };
    const { status, stdout, stderr } = spawnSync("unshare", args, options);
    context.skip(status !== 0, `needs root, to mount: ${stderr}`);
    expectRefusal(stdout, "Read-only file system");
    expect(readdirSync(spool)).toEqual([]);
  });

  it("because its place is a file is refused", async () => {
    writeFileSync(sockets.path("file"), "");
    env["MILLRACE_SPOOL"] = sockets.path("file");
    expectRefusal((await runShim(env)).stdout, "Not a directory");
    env["MILLRACE_SPOOL"] = sockets.path("file/spool");
    expectRefusal((await runShim(env)).stdout, "Not a directory");
  });

  it("because 10000 files wait is refused until one has gone", async () => {
    for (let i = 0; i < 10_000; i++) writeFileSync(join(spool, `${i}.json`), "");
    const started = performance.now();
    expectRefusal((await runShim(env)).stdout, "it is full: 10000 files or 64 MiB");
    expect(performance.now() - started).toBeLessThan(2000);
    expect(readdirSync(spool)).toHaveLength(10_000);
  });

  it("because 64 MiB wait is refused", async () => {
    writeFileSync(join(spool, "large.json"), "");
    truncateSync(join(spool, "large.json"), 64 << 20);
    expectRefusal((await runShim(env)).stdout, "it is full: 10000 files or 64 MiB");
    truncateSync(join(spool, "large.json"), (64 << 20) - 1);
    expect(await runShim(env)).toMatchObject({ code: 0, stdout: "" });
  });
});
