import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bootId } from "../../src/store/boot-id.ts";
import { ADD_ENV, CONFIG, NOT_BUILT, runShim, Sockets, shimIsBuilt } from "./run-shim.ts";

let sockets: Sockets;
let spool: string;
let env: Record<string, string>;
beforeEach((context) => {
  context.skip(!shimIsBuilt, NOT_BUILT);
  sockets = new Sockets();
  spool = sockets.path("state/spool");
  env = {
    ...ADD_ENV,
    CNI_COMMAND: "DEL",
    MILLRACE_SOCKET: sockets.path("nobody.sock"),
    MILLRACE_SPOOL: spool,
  };
});
afterEach(() => sockets?.dispose());

const read = (name: string) => JSON.parse(readFileSync(join(spool, name), "utf8"));

describe("a DEL for an agent that is away", () => {
  it("succeeds without a word and is on the disk as it would have been posted", async () => {
    const before = Number(process.hrtime.bigint() / 1000n);
    expect(await runShim(env)).toMatchObject({ code: 0, stdout: "" });
    const [name = "", ...others] = readdirSync(spool);
    expect(others).toEqual([]);
    expect(name).toMatch(/^del-pod1-eth0-[0-9a-f]{16}\.json$/);
    const { called, ...call } = read(name);
    expect(call).toEqual({ env: { ...ADD_ENV, CNI_COMMAND: "DEL" }, config: CONFIG });
    expect(called.bootId).toBe(bootId());
    expect(called.microseconds).toBeGreaterThan(before);
    expect(called.microseconds).toBeLessThan(Number(process.hrtime.bigint() / 1000n));
  });

  it("is nobody's but root's to read", async () => {
    await runShim(env);
    const [name = ""] = readdirSync(spool);
    expect(statSync(spool).mode & 0o777).toBe(0o700);
    expect(statSync(join(spool, name)).mode & 0o777).toBe(0o600);
  });

  it("is found behind a socket that nobody listens on any more", async () => {
    const path = await sockets.http((_request, response) => response.end());
    await sockets.closeAll();
    mkdirSync(spool, { recursive: true, mode: 0o700 });
    expect(await runShim({ ...env, MILLRACE_SOCKET: path })).toMatchObject({ code: 0 });
    expect(readdirSync(spool)).toHaveLength(1);
  });

  it("has one file however often it is repeated, and one more for another configuration", async () => {
    for (let i = 0; i < 3; i++) await runShim(env);
    expect(readdirSync(spool)).toHaveLength(1);
    await runShim(env, CONFIG.replace("blue", "red"));
    await runShim({ ...env, CNI_IFNAME: "eth1" });
    await runShim({ ...env, CNI_CONTAINERID: "pod2" });
    expect(readdirSync(spool)).toHaveLength(4);
  });

  it.each([
    ["leads out of it", "../../etc/passwd", /^del-______etc_passwd-eth0-/],
    ["is long", `${"x".repeat(300)}/`, /^del-x{96}-eth0-/],
    ["has odd characters", "ö.\n", /^del-____-eth0-/],
  ])("has a file in the directory even with a container id that %s", async (_, id, name) => {
    expect(await runShim({ ...env, CNI_CONTAINERID: id })).toMatchObject({ code: 0 });
    const [found = "", ...others] = readdirSync(spool);
    expect(found).toMatch(name);
    expect(others).toEqual([]);
    expect(read(found).env.CNI_CONTAINERID).toBe(id);
  });

  it("goes where the configuration says, unless the environment names another place", async () => {
    const key = sockets.path("by-key");
    const config = JSON.stringify({ ...JSON.parse(CONFIG), spoolDir: key });
    await runShim({ ...env, MILLRACE_SPOOL: "" }, config);
    expect(readdirSync(key)).toHaveLength(1);
    await runShim(env, config);
    expect(readdirSync(key)).toHaveLength(1);
    expect(readdirSync(spool)).toHaveLength(1);
  });
});

describe("an agent that is starting", () => {
  const starting = () =>
    sockets.http((_request, response) => {
      response.writeHead(503, { "millrace-agent": "starting" }).end('{"code":11}');
    });

  it("has not looked at the call: a DEL is kept for it", async () => {
    const socket = await starting();
    expect(await runShim({ ...env, MILLRACE_SOCKET: socket })).toMatchObject({
      code: 0,
      stdout: "",
    });
    expect(readdirSync(spool)).toHaveLength(1);
  });

  it("answers every other call itself", async () => {
    const socket = await starting();
    for (const verb of ["ADD", "CHECK", "GC", "STATUS"]) {
      const run = await runShim({ ...env, CNI_COMMAND: verb, MILLRACE_SOCKET: socket });
      expect(run).toMatchObject({ code: 1, stdout: '{"code":11}' });
    }
    expect(existsSync(spool)).toBe(false);
  });
});

describe("a call that the agent has, or that is no DEL,", () => {
  it.each(["ADD", "CHECK", "GC", "STATUS"])("is never spooled: %s", async (verb) => {
    expect(await runShim({ ...env, CNI_COMMAND: verb })).toMatchObject({ code: 1 });
    expect(existsSync(spool)).toBe(false);
  });

  it.each([
    ["breaks the connection", "", 10_000],
    ["breaks off its answer", "HTTP/1.1 200 OK\r\nContent-Le", 10_000],
    ["says nothing", null, 300],
    ["fails", 'HTTP/1.1 503 X\r\nContent-Length: 11\r\n\r\n{"code":11}', 10_000],
  ])("is the runtime's to repeat when the agent %s", async (_, bytes, ms) => {
    const socket = await sockets.raw((connection) => {
      if (bytes !== null) connection.once("data", () => connection.end(bytes));
    });
    const limits = { MILLRACE_SOCKET: socket, MILLRACE_TIMEOUT_MS: `${ms}` };
    const run = await runShim({ ...env, ...limits });
    expect(run.code).toBe(1);
    expect(JSON.parse(run.stdout).code).toBe(11);
    expect(existsSync(spool)).toBe(false);
  });
});

describe("a spool directory", () => {
  it.each([
    ["a relative path", "state/spool"],
    ["too long a path", `/${"x".repeat(4095)}`],
  ])("with %s is refused before anything is done", async (_, path) => {
    const run = await runShim({ ...env, MILLRACE_SPOOL: path });
    expect(JSON.parse(run.stdout)).toMatchObject({
      code: 4,
      details: `MILLRACE_SPOOL is ${path}; accepted: an absolute path of at most 4095 bytes`,
    });
  });

  it("that others can write to is not used", async () => {
    mkdirSync(spool, { recursive: true });
    chmodSync(spool, 0o777);
    const run = await runShim(env);
    expect(JSON.parse(run.stdout)).toMatchObject({
      code: 11,
      details: expect.stringContaining("others can write to it"),
    });
    expect(readdirSync(spool)).toEqual([]);
  });
});
