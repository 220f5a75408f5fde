import { spawnSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ADD_ENV, NOT_BUILT, runShim, SHIM, Sockets, shimIsBuilt } from "./run-shim.ts";

let sockets: Sockets;
beforeEach((context) => {
  context.skip(!shimIsBuilt, NOT_BUILT);
  sockets = new Sockets();
});
afterEach(() => sockets?.dispose());

/** Runs `file` and returns milliseconds. */
function timed(file: string, env: Record<string, string>): number {
  const started = performance.now();
  spawnSync(file, { env, stdio: ["ignore", "ignore", "ignore"] });
  return performance.now() - started;
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

describe("the CNI executable", () => {
  it("is smaller than 2 MB and needs no library", () => {
    expect(statSync(SHIM).size).toBeLessThan(2_000_000);
    // A dynamic executable names its loader in the program header INTERP.
    expect(readFileSync(SHIM).includes("/ld-linux")).toBe(false);
  });

  it("never holds 5 MB, not even with the largest call and the largest answer", async () => {
    let pid = 0;
    let peak = 0;
    const head = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n";
    const socket = await sockets.raw((connection) => {
      let received = 0;
      connection.on("data", (chunk) => {
        received += chunk.length;
        if (!chunk.includes('"}', -2) || received < 1_000_000) return;
        connection.write(`${head}${"x".repeat(999_999)}`);
        // All but the last byte is there: it waits for that, holding everything.
        setTimeout(() => {
          peak = Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
          connection.end("x");
        }, 200);
      });
    });
    const config = Buffer.alloc(1_000_000, 1);
    const run = await runShim({ ...ADD_ENV, MILLRACE_SOCKET: socket }, config, (started) => {
      pid = started;
    });
    expect(run).toMatchObject({ code: 0, stdout: expect.stringMatching(/^x{1000000}$/) });
    expect(peak).toBeGreaterThan(1000);
    expect(peak * 1024).toBeLessThan(5_000_000);
  });

  it("takes less than 5 ms longer than a program that does nothing", () => {
    const nothing: number[] = [];
    const own: number[] = [];
    for (let i = 0; i < 31; i++) {
      nothing.push(timed("/bin/true", {}));
      own.push(timed(SHIM, { ...ADD_ENV, MILLRACE_SOCKET: sockets.path() }));
    }
    expect(median(own) - median(nothing)).toBeLessThan(5);
  });
});
