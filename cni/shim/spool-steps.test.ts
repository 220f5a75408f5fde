import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ADD_ENV, CONFIG, NOT_BUILT, runShim, SHIM, Sockets, shimIsBuilt } from "./run-shim.ts";

const PYTHON = "/usr/bin/python3";
const SCRIPT = fileURLToPath(new URL("at-step.py", import.meta.url));
const KILLED = 9;
/** Far more system calls than the executable makes. */
const MOST = 1000;

let sockets: Sockets;
beforeEach((context) => {
  context.skip(!shimIsBuilt, NOT_BUILT);
  context.skip(!existsSync(PYTHON), `needs ${PYTHON}, to trace the executable`);
  const { status, stderr } = spawnSync(PYTHON, [SCRIPT, "1", "kill", "/bin/true"]);
  context.skip(status !== KILLED, `needs ptrace: ${stderr}`);
  sockets = new Sockets();
});
afterEach(() => sockets?.dispose());

function environment(socket: string) {
  const spool = mkdtempSync(join(sockets.directory, "spool-"));
  const paths = { MILLRACE_SOCKET: socket, MILLRACE_SPOOL: spool };
  return { spool, env: { ...ADD_ENV, CNI_COMMAND: "DEL", ...paths } };
}

const spooledIn = (spool: string) => readdirSync(spool).filter((name) => !name.startsWith("."));

function expectWhole(spool: string): void {
  const [name = "", ...others] = spooledIn(spool);
  expect(others).toEqual([]);
  const { env, config } = JSON.parse(readFileSync(join(spool, name), "utf8"));
  expect({ env, config }).toEqual({ env: { ...ADD_ENV, CNI_COMMAND: "DEL" }, config: CONFIG });
}

describe("the CNI executable", () => {
  it("killed at whatever system call leaves a whole DEL or none, and the next call is spooled", async () => {
    const left = { none: 0, whole: 0 };
    for (let step = 1; step < MOST; step++) {
      const { spool, env } = environment(sockets.path("nobody.sock"));
      const args = [SCRIPT, `${step}`, "kill", SHIM];
      const { status } = spawnSync(PYTHON, args, { env, input: CONFIG });
      if (status !== KILLED) break;
      if (spooledIn(spool).length === 0) left.none++;
      else {
        expectWhole(spool);
        left.whole++;
      }
      expect(await runShim(env)).toMatchObject({ code: 0, stdout: "" });
      expectWhole(spool);
      rmSync(spool, { recursive: true });
    }
    // It was killed before the file had its name, and after.
    expect(left.none).toBeGreaterThan(20);
    expect(left.whole).toBeGreaterThan(2);
  }, 60_000);

  it("posts or spools a DEL, but never loses it, at whatever system call an agent comes", async () => {
    const ways = { posted: 0, late: 0, spooled: 0 };
    for (let step = 1; step < MOST; step++) {
      const path = sockets.path(`late${step}.sock`);
      const { spool, env } = environment(path);
      let posted = 0;
      let written = false;
      const paused = await runPaused(step, env, () => {
        written = readdirSync(spool).length > 0;
        return sockets.http((_request, response) => {
          posted++;
          response.end();
        }, path);
      });
      if (!paused) break;
      const spooled = spooledIn(spool).length;
      expect(posted + spooled, `step ${step}`).toBe(1);
      if (spooled === 1) expectWhole(spool);
      else expect(readdirSync(spool), `step ${step}`).toEqual([]);
      ways.posted += posted;
      ways.spooled += spooled;
      if (written) ways.late += posted;
      rmSync(spool, { recursive: true });
    }
    expect(ways.posted).toBeGreaterThan(20);
    // Of them those that were already written down when the agent came.
    expect(ways.late).toBeGreaterThan(2);
    expect(ways.spooled).toBeGreaterThan(2);
  }, 60_000);
});

/** False when the executable ended before the step. It must succeed. */
async function runPaused(
  step: number,
  env: Record<string, string>,
  meanwhile: () => Promise<unknown>,
): Promise<boolean> {
  const args = [SCRIPT, `${step}`, "pause", SHIM];
  const child = spawn(PYTHON, args, { env, stdio: ["pipe", "ignore", "inherit", "pipe", "pipe"] });
  (child.stdin as Writable).end(CONFIG);
  const ended = once(child, "close");
  const [, , , told, goOn] = child.stdio;
  const paused = await Promise.race([once(told as never, "data").then(() => true), ended]);
  if (paused === true) await meanwhile();
  (goOn as Writable).destroy();
  const [code] = await ended;
  expect(code, `step ${step}`).toBe(0);
  return paused === true;
}
