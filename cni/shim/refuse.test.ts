import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SUPPORTED_VERSIONS } from "../versions.ts";
import { ADD_ENV, CONFIG, NOT_BUILT, runShim, Sockets, shimIsBuilt } from "./run-shim.ts";

let sockets: Sockets;
beforeEach((context) => {
  context.skip(!shimIsBuilt, NOT_BUILT);
  sockets = new Sockets();
});
afterEach(() => sockets?.dispose());

async function refused(env: Record<string, string | undefined>, stdin: string | null = CONFIG) {
  const run = await runShim(env, stdin);
  expect(run).toMatchObject({ code: 1, signal: null });
  return { ...JSON.parse(run.stdout), ms: run.ms };
}

describe("VERSION", () => {
  it.each([
    ['{"cniVersion":"0.4.0"}', "0.4.0"],
    ['{"cniVersion":"0.2.0"}', "0.2.0"],
    ['{"cniVersion":"0.2.1"}', "1.1.0"],
    ["", "1.1.0"],
    [null, "1.1.0"],
  ])("is answered without an agent for stdin %j", async (stdin, cniVersion) => {
    const run = await runShim({ CNI_COMMAND: "VERSION", MILLRACE_SOCKET: sockets.path() }, stdin);
    expect(run.code).toBe(0);
    const supportedVersions = [...SUPPORTED_VERSIONS];
    expect(JSON.parse(run.stdout)).toEqual({ cniVersion, supportedVersions });
    expect(run.ms).toBeLessThan(2000);
  });
});

describe("an environment that no agent is needed for to refuse", () => {
  it.each([
    ["ADD", "CNI_CONTAINERID, CNI_NETNS, CNI_IFNAME, CNI_PATH"],
    ["CHECK", "CNI_CONTAINERID, CNI_NETNS, CNI_IFNAME, CNI_PATH"],
    ["DEL", "CNI_CONTAINERID, CNI_IFNAME, CNI_PATH"],
    ["GC", "CNI_PATH"],
    ["STATUS", "CNI_PATH"],
  ])("%s without %s gives code 4 and names them", async (verb, names) => {
    const error = await refused({ CNI_COMMAND: verb, CNI_PATH: "" });
    expect(error).toMatchObject({ code: 4, cniVersion: "1.0.0" });
    expect(error.msg).toContain(`missing: ${names}`);
  });

  it("names the one variable that is missing", async () => {
    const error = await refused({ ...ADD_ENV, CNI_IFNAME: undefined });
    expect(error.msg).toBe("required environment variables are missing: CNI_IFNAME");
  });

  it.each([
    [{}, "CNI_COMMAND is not set"],
    [{ CNI_COMMAND: "" }, "CNI_COMMAND is not set"],
    [{ CNI_COMMAND: "add" }, "unknown CNI_COMMAND"],
    [{ CNI_COMMAND: 'A"\\\n' }, "unknown CNI_COMMAND"],
    [{ ...ADD_ENV, MILLRACE_TIMEOUT_MS: "soon" }, "invalid MILLRACE_TIMEOUT_MS"],
    [{ ...ADD_ENV, MILLRACE_TIMEOUT_MS: "0" }, "invalid MILLRACE_TIMEOUT_MS"],
    [{ ...ADD_ENV, MILLRACE_TIMEOUT_MS: "3600001" }, "invalid MILLRACE_TIMEOUT_MS"],
    [{ ...ADD_ENV, MILLRACE_SOCKET: "agent.sock" }, "socket cannot be used"],
    [{ ...ADD_ENV, MILLRACE_SOCKET: `/${"x".repeat(107)}` }, "socket cannot be used"],
  ])("%j gives code 4", async (env, words) => {
    const error = await refused(env);
    expect(error.code).toBe(4);
    expect(error.msg).toContain(words);
    expect(error.details).not.toBe("");
  });
});

describe("a configuration", () => {
  it("of more than a megabyte gives code 7", async () => {
    const config = `{"cniVersion":"0.4.0","filler":"${"x".repeat(1024 * 1024)}"}`;
    const error = await refused({ ...ADD_ENV, MILLRACE_SOCKET: sockets.path() }, config);
    expect(error).toMatchObject({ code: 7, msg: "the network configuration is too large" });
  });

  it("that never ends gives code 5 when the time is over", async () => {
    const error = await refused({ ...ADD_ENV, MILLRACE_TIMEOUT_MS: "300" }, null);
    expect(error).toMatchObject({ code: 5, details: "Connection timed out" });
    expect(error.ms).toBeGreaterThanOrEqual(300);
    expect(error.ms).toBeLessThan(3000);
  });

  it.each([
    ["1", "1.1.0"],
    ['{"cniVersion":"0.4.0"}', "0.4.0"],
    ['{"nested":{"cniVersion":"0.3.1"},"cniVersion" : "1.0.0"}', "1.0.0"],
    ['{"a":"}\\"","b":[{"c":"]"}],"cniVersion":"0.4.0"}', "0.4.0"],
    ['{"cni\\u0056ersion":"0.4.0"}', "0.4.0"],
    ['{"cniVersion":"0.3.1","cniVersion":"0.4.0"}', "0.4.0"],
    ['{"cniVersion":"0.4.0"', "1.1.0"],
    ['{"cniVersion":["0.4.0"]}', "1.1.0"],
    ['{"cniVersion":"<script>"}', "1.1.0"],
    [`${"[".repeat(500_000)}`, "1.1.0"],
    [`{"deep":${"[".repeat(200_000)}${"]".repeat(200_000)},"cniVersion":"0.4.0"}`, "0.4.0"],
  ])("gives its errors the version it asks for, case %#", async (config, version) => {
    const error = await refused({ ...ADD_ENV, MILLRACE_SOCKET: sockets.path() }, config);
    expect(error).toMatchObject({ code: 11, cniVersion: version });
  });

  it.each([
    ["plainly", (path: string) => `{"agentSocket":"${path}"}`],
    [
      "after values of every kind",
      (path: string) => `{"a":[1,{"agentSocket":"/no"}],"b":null,"c":-1e5,"agentSocket":"${path}"}`,
    ],
    ["with escapes", (path: string) => `{"agent\\u0053ocket":"${path.replaceAll("/", "\\/")}"}`],
    [
      "twice, the last one counting",
      (path: string) => `{"agentSocket":"/no","agentSocket":"${path}"}`,
    ],
  ])("can name the agent's socket %s", async (_, config) => {
    const socket = await sockets.http((_request, response) => response.end("here"));
    expect(await runShim(ADD_ENV, config(socket))).toMatchObject({ code: 0, stdout: "here" });
  });

  it.each([
    "agent.sock",
    `/${"x".repeat(107)}`,
    "/a\\u0000b",
  ])("cannot name the socket %s", async (path) => {
    const error = await refused(ADD_ENV, `{"agentSocket":"${path}"}`);
    expect(error).toMatchObject({ code: 7 });
    expect(error.details).toContain("agentSocket is ");
  });

  it("is weaker than MILLRACE_SOCKET", async () => {
    const socket = await sockets.http((_request, response) => response.end("here"));
    const run = await runShim({ ...ADD_ENV, MILLRACE_SOCKET: socket }, '{"agentSocket":"/no"}');
    expect(run.stdout).toBe("here");
  });
});
