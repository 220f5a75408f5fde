import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import net from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  ADD_ENV,
  CONFIG,
  NO_SPOOL,
  NOT_BUILT,
  runShim,
  SHIM,
  Sockets,
  shimIsBuilt,
} from "./run-shim.ts";

let sockets: Sockets;
beforeEach((context) => {
  context.skip(!shimIsBuilt, NOT_BUILT);
  sockets = new Sockets();
});
afterEach(() => sockets?.dispose());

async function refused(env: Record<string, string | undefined>) {
  const run = await runShim(env);
  expect(run).toMatchObject({ code: 1, signal: null });
  return { ...JSON.parse(run.stdout), ms: run.ms };
}

describe("an agent that is away", () => {
  it.each([
    ["ADD", 11],
    ["CHECK", 11],
    ["GC", 11],
    ["STATUS", 50],
  ])("makes %s fail at once with code %i", async (verb, code) => {
    const path = sockets.path();
    const error = await refused({ ...ADD_ENV, CNI_COMMAND: verb, MILLRACE_SOCKET: path });
    expect(error).toMatchObject({ code, cniVersion: "1.0.0" });
    expect(error.details).toContain(`${path}: No such file or directory`);
    expect(error.ms).toBeLessThan(2000);
  });

  it("is noticed behind a file that is no socket, or one that nobody listens on", async () => {
    const path = sockets.path();
    writeFileSync(path, "");
    const error = await refused({ ...ADD_ENV, MILLRACE_SOCKET: path });
    expect(error).toMatchObject({
      code: 11,
      details: expect.stringContaining("Connection refused"),
    });
  });
});

describe("an agent that misbehaves", () => {
  it.each([
    ["ADD", 11],
    ["STATUS", 50],
  ])("by saying nothing makes %s fail with code %i when the time is over", async (verb, code) => {
    const socket = await sockets.raw(() => {});
    const env = { ...ADD_ENV, CNI_COMMAND: verb, MILLRACE_SOCKET: socket };
    const error = await refused({ ...env, MILLRACE_TIMEOUT_MS: "300" });
    expect(error).toMatchObject({
      code,
      details: expect.stringContaining("no answer within 300 ms"),
    });
    expect(error.ms).toBeGreaterThanOrEqual(300);
    expect(error.ms).toBeLessThan(3000);
  });

  it("by answering drop by drop cannot stretch the time", async () => {
    const socket = await sockets.raw((connection) => {
      const drip = setInterval(() => connection.write("H"), 20);
      connection.on("close", () => clearInterval(drip));
    });
    const error = await refused({
      ...ADD_ENV,
      MILLRACE_SOCKET: socket,
      MILLRACE_TIMEOUT_MS: "300",
    });
    expect(error.code).toBe(11);
    expect(error.ms).toBeLessThan(3000);
  });

  it("by accepting nobody makes the call fail when the time is over", async () => {
    const path = sockets.path();
    const script = `require("net").createServer().listen({path:${JSON.stringify(path)},backlog:1},()=>console.log("up"))`;
    const stuck = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "ignore"] });
    try {
      await once(stuck.stdout, "data");
      stuck.kill("SIGSTOP");
      const waiting = Array.from({ length: 4 }, () => net.connect(path).on("error", () => {}));
      const env = { ...ADD_ENV, MILLRACE_SOCKET: path, MILLRACE_TIMEOUT_MS: "300" };
      const error = await refused(env);
      for (const socket of waiting) socket.destroy();
      expect(error).toMatchObject({ code: 11, details: expect.stringContaining("timed out") });
      expect(error.ms).toBeLessThan(3000);
    } finally {
      stuck.kill("SIGKILL");
    }
  });

  it.each([
    ["no answer", ""],
    ["half a header", "HTTP/1.1 200 OK\r\nContent-Le"],
    ["half a body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}"],
    ["half a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{}"],
    ["no last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"],
    ["a bad chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n"],
    ["a bad length", "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n{}"],
    ["a huge length", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n{}"],
    ["another coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n{}"],
    ["another protocol", "SSH-2.0-OpenSSH\r\n\r\n"],
    ["a bad status", "HTTP/1.1 2x0 OK\r\n\r\n{}"],
    ["a header without colon", "HTTP/1.1 200 OK\r\nContent-Length\r\n\r\n{}"],
  ])("by sending %s gets no byte of it to the runtime", async (_, bytes) => {
    const socket = await sockets.raw((connection) => connection.end(bytes));
    const error = await refused({ ...ADD_ENV, MILLRACE_SOCKET: socket });
    expect(error).toMatchObject({ code: 11, cniVersion: "1.0.0" });
    expect(error.details).toContain("incomplete or malformed");
  });

  it("by sending more than a megabyte is stopped", async () => {
    const socket = await sockets.http((_request, response) => response.end("x".repeat(1_200_000)));
    const error = await refused({ ...ADD_ENV, MILLRACE_SOCKET: socket });
    expect(error).toMatchObject({ code: 11, details: expect.stringContaining("1048576 bytes") });
  });

  it.each([
    "Not Found",
    "",
    '"text"',
  ])("by refusing with the body %j, which is no CNI error, gives one", async (body) => {
    const socket = await sockets.http((_request, response) => response.writeHead(404).end(body));
    const error = await refused({ ...ADD_ENV, MILLRACE_SOCKET: socket });
    expect(error).toMatchObject({ code: 11, details: `HTTP status 404: ${body}` });
  });
});

describe("a runtime that has gone", () => {
  it("does not kill the executable by a signal", async () => {
    const socket = await sockets.http((_request, response) => {
      setTimeout(() => response.end("{}"), 100);
    });
    const env = { ...ADD_ENV, MILLRACE_SOCKET: socket, MILLRACE_SPOOL: NO_SPOOL };
    const child = spawn(SHIM, { env, stdio: ["pipe", "pipe", "ignore"] });
    child.stdin.end(CONFIG);
    child.stdout.destroy();
    const [code, signal] = await once(child, "exit");
    expect({ code, signal }).toEqual({ code: 1, signal: null });
  });
});
