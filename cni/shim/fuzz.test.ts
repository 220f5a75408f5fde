import { spawn } from "node:child_process";
import { once } from "node:events";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ADD_ENV, NO_SPOOL, NOT_BUILT, runShim, SHIM, Sockets, shimIsBuilt } from "./run-shim.ts";

// Strange environments and configurations, with nobody at the socket: whatever comes, the runtime
// reads one JSON document with a code, and soon.
const SOON_MS = 2000;

let sockets: Sockets;
beforeEach((context) => {
  context.skip(!shimIsBuilt, NOT_BUILT);
  sockets = new Sockets();
});
afterEach(() => sockets?.dispose());

type Stdin = string | Uint8Array;

async function expectOneError(env: Record<string, string>, stdin: Stdin): Promise<void> {
  const run = await runShim({ MILLRACE_SOCKET: sockets.path(), ...env }, stdin);
  expectError(run);
}

function expectError(run: {
  code: number | null;
  signal: string | null;
  stdout: string;
  ms: number;
}) {
  expect(run).toMatchObject({ code: 1, signal: null });
  const { cniVersion, code, msg } = JSON.parse(run.stdout);
  expect(cniVersion).toMatch(/^[0-9.]{1,32}$/);
  expect(code).toBeGreaterThan(0);
  expect(msg).not.toBe("");
  expect(run.ms).toBeLessThan(SOON_MS);
}

const names = fc.constantFrom(
  ...["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_PATH", "CNI_ARGS", "TRACEPARENT"],
  ...["MILLRACE_SOCKET", "MILLRACE_SPOOL", "MILLRACE_TIMEOUT_MS", "CNI_NETNS_OVERRIDE"],
);
// No variable holds a NUL. MILLRACE_SPOOL is a path, so it must not name one that could be made.
const value = fc.string({ unit: "binary" }).map((text) => text.replaceAll("\0", "").slice(0, 200));
const env = fc.dictionary(names, value).map((changed) => ({
  ...changed,
  MILLRACE_SPOOL: `${NO_SPOOL}/${changed["MILLRACE_SPOOL"] ?? ""}`,
}));
const verb = fc.oneof(fc.constantFrom("ADD", "DEL", "CHECK", "GC", "STATUS"), value);
const stdin: fc.Arbitrary<Stdin> = fc.oneof(
  fc.uint8Array({ maxLength: 400 }),
  fc.string({ unit: "binary" }),
  fc.json(),
  fc
    .dictionary(fc.constantFrom("cniVersion", "name", "agentSocket", "spoolDir"), fc.jsonValue())
    .map(
      // A relative path is refused, so that nothing is made where a test happens to run.
      (config) => JSON.stringify({ ...config, spoolDir: NO_SPOOL }),
    ),
);

describe("the CNI executable answers with one JSON error", () => {
  it("whatever the variables and the configuration are", async () => {
    await fc.assert(
      fc.asyncProperty(verb, env, stdin, async (command, changed, config) => {
        await expectOneError({ ...ADD_ENV, ...changed, CNI_COMMAND: command }, config);
      }),
      { numRuns: 150 },
    );
  });

  it.each([
    ["a megabyte of brackets", "[".repeat(1024 * 1024)],
    [
      "objects nested a hundred thousand times",
      `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`,
    ],
    ["a string that never ends", `{"agentSocket":"${"\\u0041".repeat(100_000)}`],
    ["two megabytes", "x".repeat(2 * 1024 * 1024)],
    ["bytes that are no UTF-8", Buffer.alloc(100_000, 0xff)],
    ["half a surrogate pair", '{"name":"\\ud800","cniVersion":"\\udfff"}'],
    ["NULs", Buffer.alloc(1000)],
    ["nothing", ""],
  ])("for a configuration of %s", async (_, config) => {
    await expectOneError(ADD_ENV, config);
  });

  it("for variables that are no UTF-8, or as large as the kernel lets them be", async () => {
    await expectOneError({ ...ADD_ENV, CNI_ARGS: "A".repeat(120_000) }, "{}");
    const script = `export CNI_CONTAINERID="$(printf '\\377\\376')" CNI_COMMAND="$1"; exec "$0"`;
    for (const command of ["ADD", "DEL", "GC"]) {
      const started = performance.now();
      const child = spawn("/bin/sh", ["-c", script, SHIM, command], {
        env: { ...ADD_ENV, MILLRACE_SOCKET: sockets.path(), MILLRACE_SPOOL: NO_SPOOL },
        stdio: ["ignore", "pipe", "ignore"],
      });
      let stdout = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        stdout += text;
      });
      const [code, signal] = await once(child, "close");
      expectError({ code, signal, stdout, ms: performance.now() - started });
    }
  });
});

describe("the CNI executable survives whatever an agent sends", () => {
  it("any bytes, with or without the head of an answer", async () => {
    let bytes: Uint8Array = new Uint8Array();
    const socket = await sockets.raw((connection) => connection.end(bytes));
    const head = fc.constantFrom(
      ...["", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 500 No\r\nContent-Length: 5\r\n\r\n"],
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    );
    await fc.assert(
      fc.asyncProperty(head, fc.uint8Array({ maxLength: 300 }), async (start, rest) => {
        bytes = Buffer.concat([Buffer.from(start), rest]);
        const run = await runShim({ ...ADD_ENV, MILLRACE_SOCKET: socket });
        expect(run.signal).toBeNull();
        expect(run.ms).toBeLessThan(SOON_MS);
        if (run.code !== 0) expectError(run);
      }),
      { numRuns: 100 },
    );
  });
});
